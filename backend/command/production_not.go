//go:build !production

package command

// production tells that this is a release.
const production = false
