package qrcode_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"rsc.io/qr"

	"tongzhou/backend/fault"
	"tongzhou/backend/qrcode"
)

// Links as long as those the program shows: a device's address, a relay with two addresses, an invitation with several.
func links() map[string]string {
	const letters = "5NbXq2vLr8WkTzYd3HcGfJp7sMeRa9Qu"
	return map[string]string{
		"address":    "tongzhou://peer/" + strings.Repeat(letters, 3),
		"relay":      "tongzhou:relay?" + strings.Repeat(letters, 7),
		"invitation": "tongzhou://join/" + strings.Repeat(letters, 15),
	}
}

// drawn is a code as the interface draws it: black on white with four modules of free space, as many pixels as there are.
func drawn(t testing.TB, text string, edge int) *image.Gray {
	t.Helper()
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		t.Fatal(err)
	}
	const quiet = 4
	out := image.NewGray(image.Rect(0, 0, edge, edge))
	for y := range edge {
		for x := range edge {
			modules := code.Size + 2*quiet
			if !code.Black((2*x+1)*modules/(2*edge)-quiet, (2*y+1)*modules/(2*edge)-quiet) {
				out.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	return out
}

// window is a screenshot with a code in it: a dark or light ground, and lines as of text around it.
func window(code image.Image, ground color.RGBA, width, height int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	at := image.Pt((width-code.Bounds().Dx())*2/3, (height-code.Bounds().Dy())/2)
	for y := range height {
		for x := range width {
			out.SetRGBA(x, y, ground)
			if inside := image.Pt(x, y).Sub(at); inside.In(code.Bounds()) {
				out.Set(x, y, code.At(inside.X, inside.Y))
			} else if x < at.X-20 && y%24 < 10 && (x*7+y/24*13)%17 < 9 {
				out.SetRGBA(x, y, color.RGBA{128, 132, 140, 255})
			}
		}
	}
	return out
}

func turned(in *image.Gray) *image.Gray {
	b := in.Bounds()
	out := image.NewGray(image.Rect(0, 0, b.Dy(), b.Dx()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			out.SetGray(b.Dy()-1-y, x, in.GrayAt(x, y))
		}
	}
	return out
}

func inverted(in *image.Gray) *image.Gray {
	out := image.NewGray(in.Bounds())
	for i, v := range in.Pix {
		out.Pix[i] = 255 - v
	}
	return out
}

func asPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 75}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asGIF(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gif.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadsWhatTheProgramShows(t *testing.T) {
	light, dark := color.RGBA{245, 246, 247, 255}, color.RGBA{24, 26, 30, 255}
	for name, text := range links() {
		for _, edge := range []int{184, 230, 400} {
			code := drawn(t, text, edge)
			for form, file := range map[string][]byte{
				"alone":         asPNG(t, code),
				"turned":        asPNG(t, turned(code)),
				"upside down":   asPNG(t, turned(turned(code))),
				"light on dark": asPNG(t, inverted(code)),
				"gif":           asGIF(t, code),
				"light window":  asPNG(t, window(code, light, 1280, 800)),
				"dark window":   asPNG(t, window(code, dark, 1280, 800)),
				"jpeg":          asJPEG(t, window(code, light, 1024, 700)),
			} {
				t.Run(fmt.Sprintf("%s/%d/%s", name, edge, form), func(t *testing.T) {
					got, err := qrcode.Read(file)
					if err != nil || got != text {
						t.Errorf("got %q, %v", got, err)
					}
				})
			}
		}
	}
}

// A terminal draws two modules per line, and its lines are not twice as high as its letters are wide.
func TestReadsACodeInATerminal(t *testing.T) {
	text := links()["relay"]
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		t.Fatal(err)
	}
	const quiet = 2
	for _, cell := range []image.Point{{7, 14}, {8, 16}, {8, 17}, {8, 19}, {9, 18}, {9, 21}, {10, 20}} {
		modules := code.Size + 2*quiet
		shot := image.NewGray(image.Rect(0, 0, modules*cell.X, (modules+1)/2*cell.Y))
		for y := range shot.Rect.Dy() {
			for x := range shot.Rect.Dx() {
				half := y % cell.Y * 2 / cell.Y
				if !code.Black(x/cell.X-quiet, y/cell.Y*2+half-quiet) {
					shot.SetGray(x, y, color.Gray{Y: 255})
				}
			}
		}
		width, height := shot.Rect.Dx()+300, shot.Rect.Dy()+200
		got, err := qrcode.Read(asPNG(t, window(shot, color.RGBA{12, 12, 12, 255}, width, height)))
		if err != nil || got != text {
			t.Errorf("letters of %v pixels: got %q, %v", cell, got, err)
		}
	}
}

// The modules of a code on a screen seldom are whole pixels.
func TestReadsEveryLengthAtTheSizesOfScreens(t *testing.T) {
	for length := 60; length <= 1000; length += 47 {
		text := "tongzhou://join/" + strings.Repeat("5NbXq2vLr8WkTzYd3HcGfJp7sMeRa9Qu", 32)[:length]
		for _, edge := range []int{184, 230, 276, 368} { // 184 px at 100, 125, 150 and 200 %
			if got, err := qrcode.Read(asPNG(t, drawn(t, text, edge))); err != nil || got != text {
				t.Errorf("%d characters in %d pixels: got %q, %v", len(text), edge, got, err)
			}
		}
	}
}

func TestRefusesWithAReason(t *testing.T) {
	blank := asPNG(t, image.NewGray(image.Rect(0, 0, 300, 300)))
	whole := asPNG(t, drawn(t, links()["relay"], 300))
	for name, c := range map[string]struct {
		file []byte
		code string
	}{
		"nothing":               {nil, "qr.unreadable"},
		"a text":                {[]byte("tongzhou://join/abc"), "qr.unreadable"},
		"cut off":               {whole[:len(whole)/2], "qr.unreadable"},
		"no code in it":         {blank, "qr.none"},
		"one pixel":             {asPNG(t, image.NewGray(image.Rect(0, 0, 1, 1))), "qr.none"},
		"half of a code":        {asPNG(t, drawn(t, links()["relay"], 300).SubImage(image.Rect(0, 0, 300, 150))), "qr.none"},
		"nothing but corners":   {asPNG(t, manyCorners()), "qr.none"}, // and soon
		"too many bytes":        {append(whole, make([]byte, qrcode.MaxBytes)...), "qr.too_large"},
		"claims to be enormous": {claiming(blank, 1<<24, 1<<24), "qr.too_large"},
		"one row too many":      {claiming(blank, 8000, 5001), "qr.too_large"},
		"as large as may be":    {claiming(blank, 8000, 5000), "qr.unreadable"}, // the pixels are not there
	} {
		t.Run(name, func(t *testing.T) {
			if text, err := qrcode.Read(c.file); fault.Code(err) != c.code {
				t.Errorf("got %q, %v; want %s", text, err, c.code)
			}
		})
	}
}

// manyCorners is a picture of nothing but corners of codes.
func manyCorners() image.Image {
	const edge, module, tile = 1800, 2, 18 // seven modules and the space around them
	out := image.NewGray(image.Rect(0, 0, edge, edge))
	for y := range edge {
		for x := range edge {
			ring := max(abs(x%tile/module-4), abs(y%tile/module-4))
			if ring == 2 || ring > 3 {
				out.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	return out
}

func abs(n int) int { return max(n, -n) }

// claiming changes the size that a PNG says it has.
func claiming(file []byte, width, height uint32) []byte {
	out := bytes.Clone(file)
	binary.BigEndian.PutUint32(out[16:], width)
	binary.BigEndian.PutUint32(out[20:], height)
	binary.BigEndian.PutUint32(out[29:], crc32.ChecksumIEEE(out[12:29]))
	return out
}

// FuzzRead feeds files as others make them: each gives a text or one of three reasons.
func FuzzRead(f *testing.F) {
	code := drawn(f, "tongzhou:relay?5NbXq2vLr8", 80)
	f.Add(asPNG(f, code))
	f.Add(asJPEG(f, code))
	f.Add(asGIF(f, code))
	f.Add(claiming(asPNG(f, code), 1<<30, 1))
	f.Add([]byte("GIF89a"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if c, _, err := image.DecodeConfig(bytes.NewReader(file)); err == nil && c.Width*c.Height > 1<<20 {
			return // slow, and looked at above
		}
		text, err := qrcode.Read(file)
		switch code := fault.Code(err); code {
		case "":
			if text == "" {
				t.Error("neither a text nor a reason")
			}
		case "qr.none", "qr.unreadable", "qr.too_large":
		default:
			t.Errorf("reason %q: %v", code, err)
		}
	})
}
