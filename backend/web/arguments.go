package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
)

// decodeArguments reads a JSON array into values of exactly the given types. It refuses another number of elements, unknown
// fields, null where a value is needed, and anything after the array: the window's bindings would let some of these pass with
// zero values, and the mistake would surface far from its cause.
func decodeArguments(body []byte, types []reflect.Type) ([]reflect.Value, error) {
	var elements []json.RawMessage
	if err := decodeStrictly(body, &elements); err != nil {
		return nil, fmt.Errorf("arguments: %w", err)
	}
	if elements == nil {
		return nil, errors.New("arguments: want an array, got null")
	}
	if len(elements) != len(types) {
		return nil, fmt.Errorf("arguments: want %d, got %d", len(types), len(elements))
	}
	values := make([]reflect.Value, len(types))
	for i, element := range elements {
		target := reflect.New(types[i])
		if bytes.Equal(element, []byte("null")) && !nullable(types[i]) {
			return nil, fmt.Errorf("argument %d: null for %s", i+1, types[i])
		}
		if err := decodeStrictly(element, target.Interface()); err != nil {
			return nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
		values[i] = target.Elem()
	}
	return values, nil
}

func decodeStrictly(data []byte, target any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(target); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("data after the JSON value")
	}
	return nil
}

func nullable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return true
	default:
		return false
	}
}
