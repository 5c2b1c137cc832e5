package org

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/backend/rules"
	"tongzhou/sync/blob"
	"tongzhou/sync/op"
)

// square is a picture without anything in it.
func square(edge int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, edge, edge))
	for i := range edge {
		m.Set(i, i, color.RGBA{200, 30, 30, 255})
	}
	return m
}

func asJPEG(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withNotes adds to a JPEG what a camera writes: an APP1 segment with a place.
func withNotes(file []byte) []byte {
	notes := []byte("Exif\x00\x00GPS 31.2304N 121.4737E")
	segment := append([]byte{0xff, 0xe1, 0, byte(len(notes) + 2)}, notes...)
	return append(append(bytes.Clone(file[:2]), segment...), file[2:]...)
}

func encoded(file []byte) string { return base64.StdEncoding.EncodeToString(file) }

func TestR3APictureIsSeenByEverybodyOnceItArrived(t *testing.T) {
	s := newStaff(t)
	if err := api(s.annPeer).SetPicture(encoded(asJPEG(t, square(256)))); err != nil {
		t.Fatal(err)
	}
	own := must(api(s.annPeer).Me())(t)
	if own.Picture == "" || !own.PictureHere || !own.CanRemovePicture {
		t.Errorf("own: %+v", own)
	}
	s.sync()
	seen := must(api(s.bobPeer).Member(s.ann.String()))(t)
	if seen.Picture != own.Picture || seen.PictureHere || seen.CanRemovePicture {
		t.Errorf("before it arrived: %+v", seen)
	}
	if _, err := api(s.bobPeer).Picture(s.ann.String()); fault.Code(err) != "blob.missing" {
		t.Errorf("before it arrived: %v", err)
	}
	if cited := must(s.bobPeer.Modules[0].Citing.List(t.Context()))(t); len(cited) != 1 || cited[0].Scope != s.bobPeer.CompanyScope() {
		t.Errorf("cited: %+v", cited)
	}
	s.bobPeer.Fetch(s.annPeer)
	if got := must(api(s.bobPeer).Picture(s.ann.String()))(t); !strings.HasPrefix(got.Data, "data:image/jpeg;base64,/9j/") {
		t.Errorf("%.60s", got.Data)
	}
	if !must(api(s.bobPeer).Member(s.ann.String()))(t).PictureHere {
		t.Error("it is not said to be here")
	}
}

func TestAPictureIsDrawnAnew(t *testing.T) {
	s := newStaff(t)
	for name, file := range map[string][]byte{"with notes of the camera": withNotes(asJPEG(t, square(256))), "a PNG": asPNG(t, square(100))} {
		if err := api(s.annPeer).SetPicture(encoded(file)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		content := must(api(s.annPeer).s.readPicture(t.Context(), s.ann))(t)
		if bytes.Contains(content, []byte("GPS")) || bytes.Contains(content, []byte("Exif")) {
			t.Errorf("%s: its notes travel", name)
		}
		if _, format, err := image.Decode(bytes.NewReader(content)); err != nil || format != "jpeg" {
			t.Errorf("%s: %s, %v", name, format, err)
		}
	}
}

func TestWhatIsNoPictureIsRefused(t *testing.T) {
	s := newStaff(t)
	cut := asJPEG(t, square(256))
	wide := asJPEG(t, image.NewRGBA(image.Rect(0, 0, 200, 100)))
	bomb := asPNG(t, image.NewPaletted(image.Rect(0, 0, 6000, 6000), color.Palette{color.White}))
	for name, c := range map[string]struct{ file, code string }{
		"nothing":               {"", "org.picture_unreadable"},
		"no base64":             {"§", "org.picture_unreadable"},
		"a text":                {encoded([]byte("<svg onload=alert(1)>")), "org.picture_unreadable"},
		"cut off":               {encoded(cut[:len(cut)/2]), "org.picture_unreadable"},
		"not square":            {encoded(wide), "org.picture_unreadable"},
		"too few pixels":        {encoded(asJPEG(t, square(8))), "org.picture_unreadable"},
		"small file, many bits": {encoded(bomb), "org.picture_unreadable"},
		"too long":              {encoded(make([]byte, maxUpload+1)), "org.picture_too_large"},
	} {
		if err := api(s.annPeer).SetPicture(c.file); fault.Code(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	if m := must(api(s.annPeer).Me())(t); m.Picture != "" {
		t.Errorf("a refused picture is shown: %+v", m)
	}
}

func TestOnlyOneselfSetsAPictureAndTheManagersRemoveIt(t *testing.T) {
	s := newStaff(t)
	if err := api(s.annPeer).SetPicture(encoded(asJPEG(t, square(256)))); err != nil {
		t.Fatal(err)
	}
	s.sync()
	if err := api(s.bobPeer).RemovePicture(s.ann.String()); fault.Code(err) != "denied" {
		t.Errorf("a colleague removes it: %v", err)
	}
	// A program that does not ask sends the op all the same.
	for who, peer := range map[string]interface {
		View() module.View
		Self() module.Self
	}{"boss": s.bossPeer, "bob": s.bobPeer} {
		m := module.Manifest{Chunks: []blob.Chunk{{Len: 1}}, Size: 1}
		payload := must(op.Marshal(picture{Content: &m}))(t)
		if err := authorizePicture(peer.View(), module.Op{User: peer.Self().User, Entity: s.ann[:], Payload: payload}); fault.Code(err) != "denied" {
			t.Errorf("%s sets ann's picture: %v", who, err)
		}
	}
	if err := api(s.bossPeer).RemovePicture(s.ann.String()); err != nil {
		t.Fatal(err)
	}
	s.sync()
	if m := must(api(s.annPeer).Me())(t); m.Picture != "" || m.CanRemovePicture {
		t.Errorf("after it was removed: %+v", m)
	}
	if _, err := api(s.annPeer).Picture(s.ann.String()); fault.Code(err) != "org.picture_none" {
		t.Errorf("after it was removed: %v", err)
	}
}

// R4: where those of a department look alike, no photograph is taken or shown, also one that a program which does not ask has sent,
// and the tiles of a department have one colour. What was there waits until the rule changes.
func TestR4UniformAvatars(t *testing.T) {
	s := newStaff(t)
	if err := api(s.annPeer).SetPicture(encoded(asJPEG(t, square(256)))); err != nil {
		t.Fatal(err)
	}
	before := must(api(s.annPeer).Me())(t)
	s.rule(t, rules.Avatars, rules.UniformAvatars)
	s.sync()
	if err := api(s.annPeer).SetPicture(encoded(asJPEG(t, square(256)))); fault.Code(err) != "org.picture_uniform" {
		t.Errorf("a photograph is taken: %v", err)
	}
	m := must(blobsOf(s).Put(t.Context(), s.annPeer.CompanyScope(), asJPEG(t, square(128))))(t)
	if _, err := s.annPeer.Submit(t.Context(), []module.Submission{{Scope: s.annPeer.CompanyScope(), Type: typePicture, Entity: s.ann[:], Payload: picture{Content: &m}}}, nil); err != nil {
		t.Fatal(err)
	}
	s.sync()
	for name, a := range map[string]*API{"ann": api(s.annPeer), "bob": api(s.bobPeer)} {
		seen := must(a.Member(s.ann.String()))(t)
		if seen.Picture != "" || seen.PictureHere || seen.Avatars != rules.UniformAvatars {
			t.Errorf("%s sees %+v", name, seen)
		}
		if _, err := a.Picture(s.ann.String()); fault.Code(err) != "org.picture_none" {
			t.Errorf("%s reads it: %v", name, err)
		}
		if cited := must(a.s.cites(t.Context()))(t); len(cited) != 1 {
			t.Errorf("%s would let go of it", name)
		}
		colours := map[string]map[int]bool{}
		for _, other := range must(a.Members(MemberQuery{}))(t).Members {
			if colours[other.DepartmentID] == nil {
				colours[other.DepartmentID] = map[int]bool{}
			}
			colours[other.DepartmentID][other.Avatar] = true
			u := must(op.ParseUserID(other.UserID))(t)
			if other.Avatar < 1 || other.Avatar > avatarColours || directory(s.annPeer).Avatar(u) != other.Avatar {
				t.Errorf("colour %d", other.Avatar)
			}
		}
		for dept, n := range colours {
			if len(n) != 1 {
				t.Errorf("department %q has %d colours", dept, len(n))
			}
		}
	}
	if !must(api(s.annPeer).Me())(t).CanRemovePicture {
		t.Error("she cannot take it away")
	}
	s.rule(t, rules.Avatars, "photo")
	s.sync()
	if after := must(api(s.annPeer).Me())(t); after.Picture == "" || after.Avatar != before.Avatar {
		t.Errorf("when photographs are shown again: %+v", after)
	}
}

func TestAHostilePictureIsNotShown(t *testing.T) {
	s := newStaff(t)
	for name, file := range map[string][]byte{"a page": []byte("<html><script>alert(1)</script></html>"), "a PNG": asPNG(t, square(100))} {
		m := must(blobsOf(s).Put(t.Context(), s.annPeer.CompanyScope(), file))(t)
		if _, err := s.annPeer.Submit(t.Context(), []module.Submission{{Scope: s.annPeer.CompanyScope(), Type: typePicture, Entity: s.ann[:], Payload: picture{Content: &m}}}, nil); err != nil {
			t.Fatal(err)
		}
		api(s.annPeer).s.shelf.stale()
		if _, err := api(s.annPeer).Picture(s.ann.String()); fault.Code(err) != "org.picture_unreadable" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, m := range map[string]module.Manifest{
		"large":       {Chunks: []blob.Chunk{{Len: maxPicture + 1}}, Size: maxPicture + 1},
		"empty":       {},
		"other total": {Chunks: []blob.Chunk{{Len: 5}}, Size: 6},
	} {
		if err := checkPicture(must(op.Marshal(picture{Content: &m}))(t)); err == nil {
			t.Errorf("%s: is taken", name)
		}
	}
}

func blobsOf(s *staff) module.Blobs { return api(s.annPeer).s.blobs }
