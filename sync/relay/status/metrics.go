package status

import (
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"tongzhou/sync/relay"
)

// writeMetrics writes the numbers in Prometheus' text format.
func writeMetrics(out io.Writer, s relay.Status, reservations, circuits int) error {
	var b strings.Builder
	head := func(name, kind, help string) { fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind) }
	single := func(name, kind, help string, v uint64) {
		head(name, kind, help)
		fmt.Fprintf(&b, "%s %d\n", name, v)
	}
	perTeam := func(name, help string, value func(*relay.TeamStatus) float64) {
		head(name, "gauge", help)
		for i := range s.Teams {
			t := &s.Teams[i]
			fmt.Fprintf(&b, "%s{team=\"%s\"} %g\n", name, hex.EncodeToString(t.Tag[:]), value(t))
		}
	}
	perTeam("tongzhou_relay_devices", "Devices that may use the relay.", func(t *relay.TeamStatus) float64 { return float64(t.Devices) })
	perTeam("tongzhou_relay_devices_online", "Devices connected to this process.", func(t *relay.TeamStatus) float64 { return float64(t.Online) })
	perTeam("tongzhou_relay_bytes", "Bytes stored.", func(t *relay.TeamStatus) float64 { return float64(t.Bytes) })
	perTeam("tongzhou_relay_chunks", "Chunks of pictures and files stored.", func(t *relay.TeamStatus) float64 { return float64(t.Chunks) })
	perTeam("tongzhou_relay_chunk_bytes", "Bytes of those, which are among all bytes stored.", func(t *relay.TeamStatus) float64 { return float64(t.ChunkBytes) })
	perTeam("tongzhou_relay_oldest_waiting_seconds", "Age of the oldest op that a device seen in the last 90 days has not fetched; 0: none.",
		func(t *relay.TeamStatus) float64 { return t.Waiting.Seconds() })
	single("tongzhou_relay_connections", "gauge", "Conversations going on.", uint64(s.Connections))
	single("tongzhou_relay_strangers", "gauge", "Of those, with devices on no roster.", uint64(s.Strangers))
	single("tongzhou_relay_reservations", "gauge", "Circuit relay reservations.", uint64(max(0, reservations)))
	single("tongzhou_relay_circuits", "gauge", "Circuits open.", uint64(max(0, circuits)))
	single("tongzhou_relay_stored_ops_total", "counter", "Ops acknowledged.", s.StoredOps)
	single("tongzhou_relay_stored_bytes_total", "counter", "Bytes of ops and chunks acknowledged.", s.StoredBytes)
	single("tongzhou_relay_served_ops_total", "counter", "Ops handed out.", s.ServedOps)
	single("tongzhou_relay_served_bytes_total", "counter", "Bytes of ops and chunks handed out.", s.ServedBytes)
	single("tongzhou_relay_stored_chunks_total", "counter", "Chunks acknowledged.", s.StoredChunks)
	single("tongzhou_relay_served_chunks_total", "counter", "Chunks handed out.", s.ServedChunks)
	single("tongzhou_relay_busy_total", "counter", "Conversations refused because there were too many.", s.Busy)
	single("tongzhou_relay_failed_total", "counter", "Transactions that failed.", s.Failed)
	head("tongzhou_relay_refused_total", "counter", "Requests refused, by code.")
	for _, code := range slices.Sorted(maps.Keys(s.Refused)) {
		fmt.Fprintf(&b, "tongzhou_relay_refused_total{code=\"%d\"} %d\n", code, s.Refused[code])
	}
	_, err := io.WriteString(out, b.String())
	return err
}
