//go:build desktop || bindings

package desktop

import (
	"errors"
	"fmt"
	"sync"

	"github.com/wailsapp/wails/v2/pkg/runtime"
)

// API is what the interface may call of the window itself. In a browser there is none of it.
type API struct {
	mu     sync.Mutex // guards the field below
	window *wailsWindow
}

func (a *API) use(window wailsWindow) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.window = &window
}

// ChooseFolder asks for a folder with the dialog of the system. It returns its whole path, "" when nothing was chosen.
func (a *API) ChooseFolder(title string) (string, error) {
	a.mu.Lock()
	window := a.window
	a.mu.Unlock()
	if window == nil {
		return "", errors.New("there is no window yet")
	}
	path, err := runtime.OpenDirectoryDialog(window.ctx, runtime.OpenDialogOptions{Title: title, CanCreateDirectories: true})
	if err != nil {
		return "", fmt.Errorf("choose a folder: %w", err)
	}
	return path, nil
}
