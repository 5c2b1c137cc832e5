// Package apptest runs several replicas in one process, joined by pipes, to test what only shows between them: joining,
// convergence, delivery, forks, lies. Names of tests carry the numbers of the rules in sync/SPEC.md.
package apptest
