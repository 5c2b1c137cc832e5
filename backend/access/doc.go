// Package access is the vocabulary of permissions that features share: the roles of a team and of a private scope (R25).
//
// It decides nothing. Which role may do what is a pure function in each feature's policy.go; it runs before an op is
// submitted and again on every replica that projects the op, so a modified program gains nothing by skipping it. Who holds
// which role follows from the control ops alone (package authority).
package access
