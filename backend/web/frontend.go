package web

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

const indexFile = "index.html"

// notBuiltPage stands in for the frontend in a program that was compiled before the frontend was.
const notBuiltPage = `<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>同舟</title></head>
<body style="font:16px/1.6 sans-serif;max-width:40em;margin:4em auto;padding:0 1em">
<h1>界面尚未构建 · The interface is not built</h1>
<p>此程序编译时没有界面文件。请在源码目录运行 <code>go run ./build run</code>。</p>
<p>This program was compiled without the interface. In the source folder, run <code>go run ./build run</code>.</p>
</body></html>
`

// Frontend serves the built frontend, the root of files being the folder of index.html. If there is no index.html, every page
// says that the interface is not built. The window uses the same handler, so both send the same content security policy.
func Frontend(files fs.FS) http.Handler {
	if _, err := fs.Stat(files, indexFile); err != nil {
		return http.HandlerFunc(serveNotBuilt)
	}
	return frontend{files}
}

func serveNotBuilt(w http.ResponseWriter, r *http.Request) {
	setSecurityHeaders(w.Header())
	w.Header().Set("Content-Type", contentType(indexFile))
	w.Header().Set("Cache-Control", "no-store")
	// 200, because the window shows nothing at all for another status.
	_, _ = io.WriteString(w, notBuiltPage)
}

type frontend struct{ files fs.FS }

func (f frontend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setSecurityHeaders(w.Header())
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if name == "" {
		name = indexFile
	}
	file, err := openFile(f.files, name)
	if err != nil {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	defer file.Close()

	w.Header().Set("Content-Type", contentType(name))
	if strings.HasPrefix(name, "assets/") {
		// Vite puts a hash of the content into these names.
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-cache")
	}
	info, err := file.Stat()
	if err != nil {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	http.ServeContent(w, r, name, info.ModTime(), file)
}

// contentType knows what Vite emits. The system's table, which package mime reads, is wrong on many Windows machines, and a
// module script with a wrong type does not run.
func contentType(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".gif":
		return "image/gif"
	case ".html":
		return "text/html; charset=utf-8"
	case ".ico":
		return "image/x-icon"
	case ".jpg":
		return "image/jpeg"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".json":
		return "application/json"
	case ".mp3":
		return "audio/mpeg"
	case ".png":
		return "image/png"
	case ".svg":
		return "image/svg+xml"
	case ".txt":
		return "text/plain; charset=utf-8"
	case ".wasm":
		return "application/wasm"
	case ".webp":
		return "image/webp"
	case ".woff2":
		return "font/woff2"
	default:
		return "application/octet-stream"
	}
}

type seekableFile interface {
	fs.File
	io.Seeker
}

// openFile opens a regular file; a directory is as absent as a missing name.
func openFile(files fs.FS, name string) (seekableFile, error) {
	file, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	seekable, ok := file.(seekableFile)
	if err == nil && !ok {
		err = errors.New("file cannot seek")
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return seekable, nil
}
