package audit

import (
	"fmt"

	"tongzhou/backend/module"
	"tongzhou/sync/op"
)

// typeExport is the one type of op. A type never changes its meaning or encoding; a change is a new number.
const typeExport = "audit.export/1"

// export is the payload of audit.export/1.
type export struct {
	Digest  []byte `cbor:"1,keyasint"` // of the file, 32 bytes
	Entries int64  `cbor:"2,keyasint"` // control ops in it
}

func kinds() []module.Kind {
	return []module.Kind{{Type: typeExport, Scopes: []module.ScopeKind{module.ScopeCompany}, Creates: true, Check: checkExport, Authorize: authorizeExport}}
}

func checkExport(payload []byte) error {
	e, err := decodeExport(payload)
	if err == nil && (len(e.Digest) != 32 || e.Entries < 0) {
		return fmt.Errorf("export with a digest of %d bytes", len(e.Digest))
	}
	return err
}

func decodeExport(payload []byte) (e export, err error) { return e, op.Unmarshal(payload, &e) }
