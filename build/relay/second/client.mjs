// A second implementation at the relay: js-libp2p connects, asks for a place in the circuit relay, and says what it is given
// on the relay's own protocol. It prints one JSON object.
//
//   node client.mjs RELAY-MULTIADDR SEED-HEX PACKETS-HEX
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'

// Node 20 lacks it, and js-libp2p uses it.
Promise.withResolvers ??= () => {
  const made = {}
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }))
  return made
}

const [relay, seed, packets] = process.argv.slice(2)
const fromHex = (text) => Uint8Array.from(Buffer.from(text, 'hex'))
const said = { reserved: false, reason: '', answer: '' }

const node = await createLibp2p({
  privateKey: await generateKeyPairFromSeed('Ed25519', fromHex(seed)),
  transports: [tcp(), circuitRelayTransport()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: { identify: identify() }
})
await node.start()
try {
  await node.components.transportManager.listen([multiaddr(`${relay}/p2p-circuit`)])
  said.reserved = node.getMultiaddrs().some((address) => address.toString().includes('/p2p-circuit'))
} catch (err) {
  said.reason = [err, ...(err.errors ?? [])].map(String).join('; ')
}
const stream = await node.dialProtocol(multiaddr(relay), '/tongzhou/relay/1')
stream.send(fromHex(packets))
// The last packet sent is a goodbye: the relay closes when it has answered what came before.
for await (const chunk of stream) said.answer += Buffer.from(chunk.subarray()).toString('hex')
console.log(JSON.stringify(said))
await node.stop()
