package org

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	_ "image/png" // what a browser may hand over
	"slices"

	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/backend/rules"
	"tongzhou/sync/op"
)

// typePicture is the type of the op.
const typePicture = "org.picture/1"

// Bounds of a picture.
const (
	maxPicture     = 64 << 10 // bytes, as it travels
	maxUpload      = 512 << 10
	minPictureEdge = 32 // pixels
	maxPictureEdge = 512
	pictureQuality = 88
)

// picture is the payload of org.picture/1: the photograph of a person, whose user id is the op's entity. Without content it is
// taken away.
type picture struct {
	Content *module.Manifest `cbor:"1,keyasint,omitempty"`
}

func checkPicture(payload []byte) error {
	p, err := decode[picture](payload)
	if err != nil || p.Content == nil {
		return err
	}
	if p.Content.Size > maxPicture {
		return fmt.Errorf("picture of %d bytes", p.Content.Size)
	}
	return p.Content.Check()
}

// authorizePicture lets everybody set their own picture, and the managing department take one away.
func authorizePicture(v module.View, o module.Op) error {
	p, err := decode[picture](o.Payload)
	if err != nil {
		return err
	}
	own := bytes.Equal(o.Entity, o.User[:])
	return allow(len(o.Entity) == len(op.UserID{}) && (own || p.Content == nil && CanManage(v.Role(o.User))))
}

func resetPicture(tx module.Tx, e module.Entity) error {
	return exec(tx, topic, "reset picture", `DELETE FROM org_picture WHERE user = ?`, e.ID)
}

func applyPicture(tx module.Tx, o module.Op) error {
	p, err := decode[picture](o.Payload)
	if err != nil {
		return err
	}
	if p.Content == nil {
		return exec(tx, topic, "remove picture", `DELETE FROM org_picture WHERE user = ?`, o.Entity)
	}
	content, err := op.Marshal(p.Content)
	if err != nil {
		return fmt.Errorf("encode picture: %w", err)
	}
	return exec(tx, topic, "store picture", `INSERT OR REPLACE INTO org_picture (user, content) VALUES (?, ?)`, o.Entity, content)
}

// setPicture makes a photograph this user's own. It is drawn anew first, so that nothing of the file but its pixels travels: no
// place, no camera, no time. Errors: "org.picture_uniform", those of redraw, "blob.full".
func (s *service) setPicture(ctx context.Context, file []byte) error {
	if err := s.log.Ready(); err != nil {
		return err
	}
	if !ShowsPhotographs(s.rules.Text(rules.Avatars)) {
		return fault.New("org.picture_uniform")
	}
	clean, err := redraw(file)
	if err != nil {
		return err
	}
	m, err := s.blobs.Put(ctx, s.log.CompanyScope(), clean)
	if err != nil {
		return err
	}
	self := s.self()
	_, err = s.submit(ctx, s.in(typePicture, self[:], picture{Content: &m}))
	return err
}

// removePicture takes somebody's photograph away. Errors: "denied".
func (s *service) removePicture(ctx context.Context, user op.UserID) error {
	if err := s.log.Ready(); err != nil {
		return err
	}
	if user != s.self() && !CanManage(s.log.View().Role(s.self())) {
		return fault.New("denied")
	}
	_, err := s.submit(ctx, s.in(typePicture, user[:], picture{}))
	return err
}

// readPicture returns somebody's photograph. It is checked again: what others sent is shown only if it is a picture as this
// program makes them. Errors: "org.picture_none", "blob.missing", "org.picture_unreadable".
func (s *service) readPicture(ctx context.Context, user op.UserID) ([]byte, error) {
	b, err := s.shelf.book(ctx)
	if err != nil {
		return nil, err
	}
	m, ok := b.photograph(user)
	if !ok {
		return nil, fault.New("org.picture_none")
	}
	content, err := s.blobs.Read(s.log.CompanyScope(), m, maxPicture)
	if err != nil {
		return nil, err
	}
	if _, err := decodePicture(content, "jpeg"); err != nil {
		return nil, err
	}
	return content, nil
}

func (s *shelf) loadPictures(ctx context.Context, b *book) error {
	return s.each(ctx, queryPictures, func(scan func(...any) error) error {
		var user, content []byte
		if err := scan(&user, &content); err != nil {
			return err
		}
		m, err := decode[module.Manifest](content)
		b.pictures[op.UserID(user)] = m
		return err
	})
}

// photograph is how somebody is shown, where the team's rule allows it.
func (b *book) photograph(u op.UserID) (module.Manifest, bool) {
	m, ok := b.pictures[u]
	return m, ok && ShowsPhotographs(b.avatars)
}

// colour is the colour of somebody's tile, 1 to 8: their own, or that of their department where those of a department look alike.
func (b *book) colour(u op.UserID) int {
	switch dept := b.dept[u]; {
	case ShowsPhotographs(b.avatars):
		return avatarOf(u)
	case dept == "":
		return avatarColours
	default:
		return int(dept[0])%avatarColours + 1
	}
}

// cites lists all photographs, also those that are not shown now.
func (s *service) cites(ctx context.Context) ([]module.Cited, error) {
	b, err := s.shelf.book(ctx)
	if err != nil {
		return nil, err
	}
	var out []module.Cited
	for _, m := range b.pictures {
		out = append(out, module.Cited{Scope: s.log.CompanyScope(), Manifest: m})
	}
	return out, nil
}

// redraw decodes a square picture and encodes it again as JPEG, on white where it lets through. Errors: "org.picture_too_large",
// "org.picture_unreadable".
func redraw(file []byte) ([]byte, error) {
	if len(file) > maxUpload {
		return nil, fault.New("org.picture_too_large")
	}
	in, err := decodePicture(file, "jpeg", "png")
	if err != nil {
		return nil, err
	}
	out := image.NewRGBA(image.Rect(0, 0, in.Bounds().Dx(), in.Bounds().Dy()))
	draw.Draw(out, out.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(out, out.Bounds(), in, in.Bounds().Min, draw.Over)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, out, &jpeg.Options{Quality: pictureQuality}); err != nil {
		return nil, fmt.Errorf("encode picture: %w", err)
	}
	if b.Len() > maxPicture {
		return nil, fault.New("org.picture_too_large")
	}
	return b.Bytes(), nil
}

// decodePicture reads a square picture of one of the formats, after its size was looked at. Error: "org.picture_unreadable".
func decodePicture(file []byte, formats ...string) (image.Image, error) {
	c, format, err := image.DecodeConfig(bytes.NewReader(file))
	if err == nil && !slices.Contains(formats, format) {
		err = image.ErrFormat
	}
	if err == nil && (c.Width != c.Height || c.Width < minPictureEdge || c.Width > maxPictureEdge) {
		err = errors.New("size of the picture")
	}
	var in image.Image
	if err == nil {
		in, _, err = image.Decode(bytes.NewReader(file))
	}
	if err != nil {
		return nil, fault.Wrap("org.picture_unreadable", err)
	}
	return in, nil
}

// PictureDTO is somebody's photograph.
type PictureDTO struct {
	Data string `json:"data"` // "data:image/jpeg;base64,…"
}

// SetPicture makes a square JPEG or PNG, given in base64, this user's picture (R3, R4). Faults: org.picture_uniform, org.picture_too_large,
// org.picture_unreadable, blob.full, store.full.
func (a *API) SetPicture(file string) error {
	if base64.StdEncoding.DecodedLen(len(file)) > maxUpload {
		return fault.New("org.picture_too_large")
	}
	raw, err := base64.StdEncoding.DecodeString(file)
	if err != nil {
		return fault.Wrap("org.picture_unreadable", err)
	}
	return a.s.setPicture(context.Background(), raw)
}

// RemovePicture takes a picture away: one's own, or as the managing department anybody's. Faults: denied, org.user_unknown.
func (a *API) RemovePicture(userID string) error {
	u, err := op.ParseUserID(userID)
	if err != nil {
		return fault.Wrap("org.user_unknown", err)
	}
	return a.s.removePicture(context.Background(), u)
}

// Picture is somebody's photograph. Faults: org.user_unknown, org.picture_none, org.picture_unreadable, blob.missing.
func (a *API) Picture(userID string) (PictureDTO, error) {
	u, err := op.ParseUserID(userID)
	if err != nil {
		return PictureDTO{}, fault.Wrap("org.user_unknown", err)
	}
	b, err := a.s.readPicture(context.Background(), u)
	if err != nil {
		return PictureDTO{}, err
	}
	return PictureDTO{Data: "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(b)}, nil
}

// pictureOf says which picture somebody has, "" for none, and whether it is on this device yet.
func (a *API) pictureOf(b *book, u op.UserID) (version string, here bool) {
	m, ok := b.photograph(u)
	if !ok {
		return "", false
	}
	return hex.EncodeToString(m.Hash[:8]), a.s.blobs.Here(a.s.log.CompanyScope(), m)
}

// canRemovePicture tells whether this user may take somebody's picture away.
func (a *API) canRemovePicture(b *book, u op.UserID) bool {
	_, ok := b.pictures[u]
	return ok && (u == a.s.self() || CanManage(a.s.log.View().Role(a.s.self())) && a.s.log.View().Role(u) != access.None)
}
