// Command build is the developer's tool, one command for each thing one does with this repository:
//
//	go run ./build run      install what is missing, build everything, open the window
//	go run ./build test     everything that must hold before a change is kept
//	go run ./build check    the fast part of test, without the race detector and without processes
//	go run ./build bench    measure, each figure beside its floor
//	go run ./build package  release binaries into out/
//	go run ./build setup    only install what is missing, and compile SQLite with encryption
//
// Every Go command that it runs links SQLite3MultipleCiphers, which setup downloads with npm, checks against a fixed SHA-256
// and compiles into out/sqlite. A plain go build or go test works without it, and does not encrypt the database.
//
// It uses the standard library only: it has to run on a machine that has nothing but Go, Node and a C compiler, before
// any other dependency is there. It starts programs directly, never through a shell, so that the same code works on
// Linux, macOS and Windows.
package main
