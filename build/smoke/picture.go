package smoke

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
)

// What a drawn page looks like. The figures are far from those of a real page (some thousand colours, some hundred pixels of
// brand) and far from those of a blank one, a page without styles, or a page of boxes.
const (
	minWidth, minHeight = 900, 600
	minColours          = 120          // smooth text alone gives more
	maxCommonest        = 0.985        // share of the most frequent colour
	minBrand, maxBrand  = 0.0001, 0.40 // on the main screen hardly more than one icon
	minDark             = 0.001        // share of dark pixels on light, or light on dark: text
	brandTolerance      = 8            // per channel
	contrastForText     = 96           // difference of luminance from the most frequent colour
)

// Look is what can be said about a picture without knowing what it shows.
type Look struct {
	Width, Height int
	Colours       int     // distinct
	Commonest     float64 // share of the most frequent colour
	Brand         float64 // share of the brand's blue, light or dark theme
	Text          float64 // share of pixels that stand out from the most frequent colour
	Brightness    float64 // mean luminance, 0 to 255
}

func (l Look) String() string {
	return fmt.Sprintf("%d×%d, %d colours, commonest %.1f %%, brand %.2f %%, standing out %.2f %%, brightness %.0f",
		l.Width, l.Height, l.Colours, 100*l.Commonest, 100*l.Brand, 100*l.Text, l.Brightness)
}

// Problems says why the picture cannot be one of the interface. Empty if it can.
func (l Look) Problems() []string {
	var problems []string
	report := func(bad bool, format string, args ...any) {
		if bad {
			problems = append(problems, fmt.Sprintf(format, args...))
		}
	}
	report(l.Width < minWidth || l.Height < minHeight, "smaller than %d×%d", minWidth, minHeight)
	report(l.Colours < minColours, "fewer than %d colours", minColours)
	report(l.Commonest > maxCommonest, "almost one colour")
	report(l.Brand < minBrand, "the brand colour is missing")
	report(l.Brand > maxBrand, "too much of the brand colour")
	report(l.Text < minDark, "nothing stands out as text")
	return problems
}

// Examine counts the colours of a picture.
func Examine(picture image.Image) Look {
	bounds := picture.Bounds()
	count := map[color.RGBA]int{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			count[color.RGBAModel.Convert(picture.At(x, y)).(color.RGBA)]++
		}
	}
	total := float64(bounds.Dx() * bounds.Dy())
	look := Look{Width: bounds.Dx(), Height: bounds.Dy(), Colours: len(count)}
	if total == 0 {
		return look
	}
	var commonest color.RGBA
	most := 0
	for c, n := range count {
		if n > most {
			commonest, most = c, n
		}
	}
	brand, text, light := 0, 0, 0
	for c, n := range count {
		light += n * luminance(c)
		if isBrand(c) {
			brand += n
		}
		if abs(luminance(c)-luminance(commonest)) >= contrastForText {
			text += n
		}
	}
	look.Commonest, look.Brand, look.Text = float64(most)/total, float64(brand)/total, float64(text)/total
	look.Brightness = float64(light) / total
	return look
}

// isBrand knows the token brand of both themes.
func isBrand(c color.RGBA) bool {
	for _, brand := range []color.RGBA{{R: 0x2f, G: 0x63, B: 0xe6}, {R: 0x3e, G: 0x6b, B: 0xdf}} {
		if near(c.R, brand.R) && near(c.G, brand.G) && near(c.B, brand.B) {
			return true
		}
	}
	return false
}

func near(a, b uint8) bool { return abs(int(a)-int(b)) <= brandTolerance }

// luminance is the usual integer approximation, 0 to 255.
func luminance(c color.RGBA) int { return (299*int(c.R) + 587*int(c.G) + 114*int(c.B)) / 1000 }

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

func readPicture(file string) (image.Image, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read the screenshot: %w", err)
	}
	defer f.Close()
	picture, err := png.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("read the screenshot: %w", err)
	}
	return picture, nil
}
