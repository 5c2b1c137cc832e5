package web

import (
	"context"
	"fmt"
	"reflect"
	"strings"
)

// method is one callable method of a bound struct.
type method struct {
	name         string // "chat.Send", for logs
	function     reflect.Value
	takesContext bool
	arguments    []reflect.Type // without the context
	returnsValue bool
	returnsError bool
}

// dispatchTable finds a method by "package/Method".
type dispatchTable map[string]method

// newDispatchTable reads the exported methods of the bound structs. The package's name is the key, as in the window's bindings,
// where two structs of one package would silently merge; here that is an error, and so is a method that JSON cannot serve.
func newDispatchTable(bound []any) (dispatchTable, error) {
	table := dispatchTable{}
	packages := map[string]bool{}
	for _, target := range bound {
		value := reflect.ValueOf(target)
		if value.Kind() != reflect.Pointer || value.IsNil() || value.Elem().Kind() != reflect.Struct {
			return nil, fmt.Errorf("bind %T: not a pointer to a struct", target)
		}
		packageName, _, _ := strings.Cut(value.Elem().Type().String(), ".")
		if packages[packageName] {
			return nil, fmt.Errorf("bind %T: package %s is bound twice", target, packageName)
		}
		packages[packageName] = true
		for i := range value.NumMethod() {
			name := value.Type().Method(i).Name
			m, err := newMethod(packageName+"."+name, value.Method(i))
			if err != nil {
				return nil, fmt.Errorf("bind %T: %w", target, err)
			}
			table[packageName+"/"+name] = m
		}
	}
	return table, nil
}

func newMethod(name string, function reflect.Value) (method, error) {
	m := method{name: name, function: function}
	signature := function.Type()
	if signature.IsVariadic() {
		return method{}, fmt.Errorf("%s is variadic", name)
	}
	for i := range signature.NumIn() {
		argument := signature.In(i)
		if i == 0 && argument == reflect.TypeFor[context.Context]() {
			m.takesContext = true
			continue
		}
		m.arguments = append(m.arguments, argument)
	}
	results := signature.NumOut()
	if results > 0 && signature.Out(results-1) == reflect.TypeFor[error]() {
		m.returnsError = true
		results--
	}
	if results > 1 {
		return method{}, fmt.Errorf("%s returns %d values and an error is none of them; want (T, error)", name, results)
	}
	m.returnsValue = results == 1
	return m, nil
}

// call runs the method. The result is nil for a method that returns none.
func (m method) call(ctx context.Context, arguments []reflect.Value) (result any, err error) {
	if m.takesContext {
		arguments = append([]reflect.Value{reflect.ValueOf(ctx)}, arguments...)
	}
	results := m.function.Call(arguments)
	if m.returnsError {
		// The assertion fails for a nil error, which leaves err nil.
		err, _ = results[len(results)-1].Interface().(error)
	}
	if m.returnsValue && err == nil {
		result = results[0].Interface()
	}
	return result, err
}
