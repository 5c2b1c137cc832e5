// Package authority decides who may do what, from the control ops alone.
package authority
