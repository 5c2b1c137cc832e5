package smoke

import (
	"image"
	"image/color"
	"image/draw"
	"testing"
)

// page draws something with the proportions of a real page: a light ground, a rail, lines of smooth dark text, a blue button.
func page() *image.RGBA {
	picture := image.NewRGBA(image.Rect(0, 0, 1200, 800))
	fill(picture, picture.Bounds(), color.RGBA{0xf7, 0xf9, 0xfc, 0xff})
	fill(picture, image.Rect(0, 0, 68, 800), color.RGBA{0xe9, 0xed, 0xf4, 0xff})
	for line := range 12 {
		for x := range 400 {
			shade := uint8(26 + (x*7+line*13)%200)
			picture.SetRGBA(100+x, 100+line*22, color.RGBA{shade, shade, uint8(min(255, int(shade)+line)), 0xff})
		}
	}
	fill(picture, image.Rect(100, 500, 220, 534), color.RGBA{0x2f, 0x63, 0xe6, 0xff})
	return picture
}

func fill(picture draw.Image, where image.Rectangle, c color.RGBA) {
	draw.Draw(picture, where, image.NewUniform(c), image.Point{}, draw.Src)
}

func TestADrawnPagePasses(t *testing.T) {
	look := Examine(page())
	if problems := look.Problems(); len(problems) > 0 {
		t.Errorf("%v in %s", problems, look)
	}
}

func TestWhatIsNotThePageIsRefused(t *testing.T) {
	cases := map[string]func() image.Image{
		"blank": func() image.Image {
			picture := image.NewRGBA(image.Rect(0, 0, 1200, 800))
			fill(picture, picture.Bounds(), color.RGBA{0xff, 0xff, 0xff, 0xff})
			return picture
		},
		"a blank page in the brand's colour": func() image.Image {
			picture := image.NewRGBA(image.Rect(0, 0, 1200, 800))
			fill(picture, picture.Bounds(), color.RGBA{0x2f, 0x63, 0xe6, 0xff})
			return picture
		},
		"text without styles: no brand colour": func() image.Image {
			picture := page()
			fill(picture, image.Rect(100, 500, 220, 534), color.RGBA{0xee, 0xee, 0xee, 0xff})
			return picture
		},
		"a button on an empty page": func() image.Image {
			picture := image.NewRGBA(image.Rect(0, 0, 1200, 800))
			fill(picture, picture.Bounds(), color.RGBA{0xff, 0xff, 0xff, 0xff})
			fill(picture, image.Rect(100, 500, 220, 534), color.RGBA{0x2f, 0x63, 0xe6, 0xff})
			return picture
		},
		"too small": func() image.Image { return page().SubImage(image.Rect(0, 0, 400, 700)) },
		"empty":     func() image.Image { return image.NewRGBA(image.Rectangle{}) },
	}
	for name, make := range cases {
		t.Run(name, func(t *testing.T) {
			if look := Examine(make()); len(look.Problems()) == 0 {
				t.Errorf("accepted: %s", look)
			}
		})
	}
}
