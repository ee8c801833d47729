// A bridge from the firehose (com.atproto.sync.subscribeRepos: CBOR frames, records in CAR files) to the wire form of
// Jetstream, version 1: JSON over websockets, `wantedCollections`, `wantedDids`, and a `cursor` in microseconds that
// plays back what was heard since. Account and identity events go to everyone.

import { WebSocketServer } from 'ws'

import { lexToJson } from '@atproto/lex-json'
import { Firehose } from '@atproto/sync'

export class Jetstream {
  #events = []
  #listeners = new Set()
  #clock = 0

  static async on(service, idResolver) {
    const stream = new Jetstream()
    const firehose = new Firehose({
      service,
      idResolver,
      getCursor: () => 0,
      unauthenticatedCommits: true,
      unauthenticatedHandles: true,
      handleEvent: (event) => stream.#hear(event),
      onError: (error) => console.error('firehose:', error),
    })
    void firehose.start()
    await stream.#open()
    return stream
  }

  async #open() {
    const server = new WebSocketServer({ port: 0, path: '/subscribe' })
    server.on('connection', (socket, request) => this.#serve(socket, new URL(request.url, 'http://localhost').searchParams))
    await new Promise((resolve) => server.once('listening', resolve))
    this.port = server.address().port
  }

  #hear(event) {
    // The server's own clock, never the same twice.
    this.#clock = Math.max(Date.now() * 1000, this.#clock + 1)
    const told = onTheWire(event, this.#clock)
    if (!told) return
    this.#events.push(told)
    for (const listener of this.#listeners) listener(told)
  }

  #serve(socket, asked) {
    const collections = asked.getAll('wantedCollections')
    const dids = asked.getAll('wantedDids')
    const send = (event) => {
      if (isWanted(event, collections, dids)) socket.send(JSON.stringify(event))
    }
    // Without a cursor, or with one that lies ahead, the stream begins now.
    const cursor = Number(asked.get('cursor') ?? Infinity)
    for (const event of this.#events) if (event.time_us >= cursor) send(event)
    this.#listeners.add(send)
    socket.on('close', () => this.#listeners.delete(send))
    socket.on('error', () => this.#listeners.delete(send))
  }
}

function onTheWire(event, time_us) {
  const { did } = event
  switch (event.event) {
    case 'create':
    case 'update':
      return { did, time_us, kind: 'commit', commit: { ...operation(event), record: lexToJson(event.record), cid: String(event.cid) } }
    case 'delete':
      return { did, time_us, kind: 'commit', commit: operation(event) }
    case 'account': {
      const { active, status, seq, time } = event
      return { did, time_us, kind: 'account', account: { active, did, seq, ...(status && { status }), time } }
    }
    case 'identity': {
      const { handle, seq, time } = event
      return { did, time_us, kind: 'identity', identity: { did, ...(handle && { handle }), seq, time } }
    }
  }
}

function operation({ rev, event, collection, rkey }) {
  return { rev, operation: event, collection, rkey }
}

function isWanted(event, collections, dids) {
  if (dids.length && !dids.includes(event.did)) return false
  if (event.kind !== 'commit' || !collections.length) return true
  return collections.some((one) => (one.endsWith('.*') ? event.commit.collection.startsWith(one.slice(0, -1)) : event.commit.collection === one))
}
