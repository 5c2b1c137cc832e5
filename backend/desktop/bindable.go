package desktop

import (
	"errors"
	"fmt"
	"reflect"
)

// checkBindable refuses methods that the window could bind but never call: it fills every parameter from JSON, so a context, a
// function or a channel would fail at the first call, and only in the window, since package web can pass a context.
func checkBindable(bound []any) error {
	var errs []error
	for _, target := range bound {
		t := reflect.TypeOf(target)
		for i := range t.NumMethod() {
			method := t.Method(i)
			for p := 1; p < method.Type.NumIn(); p++ { // 0 is the receiver
				switch method.Type.In(p).Kind() {
				case reflect.Interface, reflect.Func, reflect.Chan:
					errs = append(errs, fmt.Errorf("bind %s.%s: the window cannot pass a %s", t, method.Name, method.Type.In(p)))
				}
			}
		}
	}
	return errors.Join(errs...)
}
