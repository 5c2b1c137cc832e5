package backup

import (
	"errors"
	"io/fs"
	"runtime"
	"slices"
	"syscall"

	"tongzhou/backend/fault"
	"tongzhou/backend/store"
)

// Codes of the faults, each with {folder} or {file} where it is about one.
const (
	codeNone       = "backup.none"       // {folder} there is no backup here
	codeSeveral    = "backup.several"    // {folder, names} more than one set: name one
	codePassphrase = "backup.passphrase" // the passphrase does not open it
	codeWords      = "backup.words"      // the recovery words do not open it
	codeMissing    = "backup.missing"    // {file} a file of the chain is not there
	codeCut        = "backup.cut"        // {file} a file ends too early
	codeAltered    = "backup.altered"    // {file} a file was changed or damaged
	codeForeign    = "backup.foreign"    // {file} a file belongs to another backup
	codeNewer      = "backup.newer"      // {file} written by a newer program
	codeFull       = "backup.full"       // {folder} no room
	codeReadOnly   = "backup.readonly"   // {folder} may not be written
	codeUnplugged  = "backup.unplugged"  // {folder} is not there, or not any more
)

// Damaged tells whether an error means that files of a set are damaged or missing, and not that the folder cannot be used.
func Damaged(err error) bool {
	return slices.Contains([]string{codeMissing, codeCut, codeAltered, codeForeign}, fault.Code(err))
}

// isAny tells whether err is one of the numbers of the operating system, which differ between Windows and the others.
func isAny(err error, windows, others []syscall.Errno) bool {
	var no syscall.Errno
	if !errors.As(err, &no) {
		return false
	}
	if runtime.GOOS == "windows" {
		return slices.Contains(windows, no)
	}
	return slices.Contains(others, no)
}

// folderFault gives an error of reading or writing a folder its code. Faults and errors of other kinds stay as they are.
func folderFault(err error, folder string) error {
	const (
		pathNotFound, writeProtect, notReady, badUnit = 3, 19, 21, 20
		networkGone, deviceGone, noSuchDevice         = 64, 1167, 433
	)
	switch {
	case err == nil, fault.Code(err) != fault.Internal:
		return err
	case errors.Is(store.Classify(err), store.ErrFull):
		return fault.Wrap(codeFull, err, "folder", folder)
	case errors.Is(err, fs.ErrPermission), isAny(err, []syscall.Errno{writeProtect}, []syscall.Errno{syscall.EROFS}):
		return fault.Wrap(codeReadOnly, err, "folder", folder)
	case errors.Is(err, fs.ErrNotExist), isAny(err,
		[]syscall.Errno{pathNotFound, notReady, badUnit, networkGone, deviceGone, noSuchDevice},
		[]syscall.Errno{syscall.EIO, syscall.ENODEV, syscall.ENXIO, syscall.ENOTDIR, syscall.ENOTCONN, syscall.ESTALE}):
		return fault.Wrap(codeUnplugged, err, "folder", folder)
	default:
		return err
	}
}
