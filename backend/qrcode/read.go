package qrcode

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // the formats that pictures come in
	_ "image/jpeg"
	_ "image/png"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/detector"

	"tongzhou/backend/fault"
)

// MaxBytes is the largest picture that is looked at.
const MaxBytes = 10 << 20

// maxPixels bounds the memory for a picture, whatever its file claims.
const maxPixels = 40_000_000

// maxCorners bounds the search for the three corners of a code, which looks at every three of them: a picture full of corners
// would keep it busy for days.
const maxCorners = 500

// Read returns the text of the QR code in a PNG, JPEG or GIF. Faults: qr.too_large, qr.unreadable, qr.none.
func Read(file []byte) (string, error) {
	if len(file) > MaxBytes {
		return "", fault.New("qr.too_large")
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return "", fault.Wrap("qr.unreadable", err)
	}
	if c.Width <= 0 || c.Height <= 0 {
		return "", fault.New("qr.unreadable")
	}
	if c.Height > maxPixels/c.Width {
		return "", fault.New("qr.too_large")
	}
	picture, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return "", fault.Wrap("qr.unreadable", err)
	}
	text, err := find(picture)
	if err != nil {
		return "", fault.Wrap("qr.none", err)
	}
	return text, nil
}

// find tries one way of telling dark from light after the other: by the neighbourhood, which evens out shadows in a photograph;
// over the whole picture, which small codes need; and each with light and dark swapped, as dark windows show codes.
func find(picture image.Image) (string, error) {
	source := gozxing.NewLuminanceSourceFromImage(picture)
	var errs []error
	for _, s := range []gozxing.LuminanceSource{source, source.Invert()} {
		for _, binarizer := range []gozxing.Binarizer{gozxing.NewHybridBinarizer(s), gozxing.NewGlobalHistgramBinarizer(s)} {
			text, err := decode(binarizer)
			if err == nil {
				return text, nil
			}
			errs = append(errs, err)
		}
	}
	return "", errors.Join(errs...)
}

// decode finds the code and reads it. The decoder has no promise about hostile pictures, so a panic in it is a failure to read.
func decode(binarizer gozxing.Binarizer) (text string, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			text, err = "", fmt.Errorf("decode: %v", cause)
		}
	}()
	dark, err := binarizer.GetBlackMatrix()
	if err != nil {
		return "", fmt.Errorf("tell dark from light: %w", err)
	}
	seen := 0
	count := func(gozxing.ResultPoint) {
		if seen++; seen > maxCorners {
			panic("too many corners") // nothing else stops the search; recovered above
		}
	}
	corners, missing := detector.NewFinderPatternFinder(dark, count).Find(map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if missing != nil {
		return "", fmt.Errorf("find the corners of a code: %w", missing)
	}
	found, err := detector.NewDetector(dark).ProcessFinderPatternInfo(corners)
	if err == nil {
		text, err = textOf(found.GetBits())
	}
	if err == nil {
		return text, nil
	}
	return everySize(dark, corners)
}

// everySize lays each size of code there is between the corners. A long link on an ordinary screen has modules of two pixels and a
// bit: too few to count the modules by the width of one, enough to read them once their number is right.
func everySize(dark *gozxing.BitMatrix, corners *detector.FinderPatternInfo) (string, error) {
	const smallest, step, largest = 21, 4, 177
	for size := smallest; size <= largest; size += step {
		grid := detector.Detector_createTransform(corners.GetTopLeft(), corners.GetTopRight(), corners.GetBottomLeft(), nil, size)
		bits, err := detector.Detector_sampleGrid(dark, grid, size)
		if err != nil {
			continue // reaches over the edge of the picture
		}
		if text, err := textOf(bits); err == nil {
			return text, nil
		}
	}
	return "", errors.New("corners, but no code between them")
}

func textOf(bits *gozxing.BitMatrix) (string, error) {
	result, err := decoder.NewDecoder().DecodeWithoutHint(bits)
	if err != nil {
		return "", fmt.Errorf("read the code: %w", err)
	}
	if result.GetText() == "" {
		return "", errors.New("the code is empty")
	}
	return result.GetText(), nil
}
