package op_test

import (
	"crypto/ed25519"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"

	"tongzhou/sync/op"
)

// message is the payload of the benchmarks: about 200 bytes, half of them Chinese.
type message struct {
	Text string `cbor:"1,keyasint"`
}

const messageText = "Quarterly plan: 明天上午十点请各部门负责人到三号会议室开会，讨论第四季度的预算和新品推广安排；please bring the latest figures, 资料已经放在共享文件夹里。 See you there."

func benchBody(b *testing.B) (op.Body, []byte) {
	b.Helper()
	payload, err := op.Marshal(message{Text: messageText})
	if err != nil {
		b.Fatal(err)
	}
	body := op.Body{HLC: 1 << 40, Type: "chat.message/1", Payload: payload}
	plain, err := op.EncodeBody(body)
	if err != nil {
		b.Fatal(err)
	}
	return body, plain
}

func benchChain(b *testing.B, n int) ([]op.Sealed, ed25519.PublicKey, op.BodyKey) {
	b.Helper()
	priv := ed25519.NewKeyFromSeed(make([]byte, 32))
	pub := priv.Public().(ed25519.PublicKey)
	key, err := chacha20poly1305.NewX(make([]byte, 32))
	if err != nil {
		b.Fatal(err)
	}
	_, plain := benchBody(b)
	h := op.Header{Version: op.Version, Kind: op.Content, Device: op.DeviceIDOf(pub), Incarnation: 7}
	ops := make([]op.Sealed, n)
	for i := range ops {
		h.Seq = uint64(i) + 1
		ct, err := op.SealBody(key, h, plain)
		if err != nil {
			b.Fatal(err)
		}
		ops[i] = op.Sign(h, ct, priv)
		h.Prev = ops[i].ID()
	}
	return ops, pub, key
}

func BenchmarkEncodeBody(b *testing.B) {
	body, _ := benchBody(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := op.EncodeBody(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeBody(b *testing.B) {
	_, plain := benchBody(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := op.DecodeBody(plain); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSealBody(b *testing.B) {
	ops, _, key := benchChain(b, 1)
	_, plain := benchBody(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := op.SealBody(key, ops[0].Header, plain); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenBody(b *testing.B) {
	ops, _, key := benchChain(b, 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := op.OpenBody(key, ops[0].Header, ops[0].Ciphertext); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpenAndDecode is what projecting a stored op costs before its reducer runs: at most 3 µs.
func BenchmarkOpenAndDecode(b *testing.B) {
	ops, _, key := benchChain(b, 1)
	b.ReportAllocs()
	for b.Loop() {
		plain, err := op.OpenBody(key, ops[0].Header, ops[0].Ciphertext)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := op.DecodeBody(plain); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	ops, _, _ := benchChain(b, 1)
	wire := ops[0].AppendTo(nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := op.Parse(wire); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkID(b *testing.B) {
	ops, _, _ := benchChain(b, 1)
	b.ReportAllocs()
	for b.Loop() {
		_ = ops[0].ID()
	}
}

func BenchmarkSign(b *testing.B) {
	ops, _, _ := benchChain(b, 1)
	priv := ed25519.NewKeyFromSeed(make([]byte, 32))
	b.ReportAllocs()
	for b.Loop() {
		_ = op.Sign(ops[0].Header, ops[0].Ciphertext, priv)
	}
}

// BenchmarkVerifyChain reports the cost per op of a full frame.
func BenchmarkVerifyChain(b *testing.B) {
	const frame = 1024
	ops, pub, _ := benchChain(b, frame)
	b.ReportAllocs()
	for b.Loop() {
		if err := op.VerifyChain(op.ID{}, 1, ops, pub); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/frame, "ns/chained-op")
}
