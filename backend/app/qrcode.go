package app

import (
	"encoding/base64"

	"tongzhou/backend/fault"
	"tongzhou/backend/qrcode"
)

// ReadCode returns the text of the QR code in a PNG, JPEG or GIF, given in base64. What the text is worth, the method says that
// takes it. Faults: qr.too_large, qr.unreadable, qr.none.
func (p *API) ReadCode(picture string) (string, error) {
	if len(picture) > base64.StdEncoding.EncodedLen(qrcode.MaxBytes) {
		return "", fault.New("qr.too_large")
	}
	file, err := base64.StdEncoding.DecodeString(picture)
	if err != nil {
		return "", fault.Wrap("qr.unreadable", err)
	}
	return qrcode.Read(file)
}
