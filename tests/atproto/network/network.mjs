// The AT Protocol on this machine: a directory of identities (PLC), a server of accounts (PDS) and the public index
// (AppView), each the real one, with a Jetstream bridge of our own on the PDS's firehose. Prints one line of JSON with
// their addresses when all are up; ends when its standard input is closed. Called with a PostgreSQL address, for the
// AppView, and a folder of its own, for the PDS.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import { BskyAppView, Database, DataPlaneServer, RepoSubscription, ServerConfig } from '@atproto/bsky'
import { Secp256k1Keypair } from '@atproto/crypto'
import { PDS } from '@atproto/pds'
import { Client as PlcClient } from '@did-plc/lib'
import * as plc from '@did-plc/server'

import { Jetstream } from './jetstream.mjs'
import { freePort, stayOnLoopback } from './loopback.mjs'

const [postgres, folder] = process.argv.slice(2)
// Moderators, labellers and lists of mutes are asked nothing here; their addresses must stand in the settings all the same.
const [NOBODY, NOWHERE] = ['did:example:nobody', 'http://localhost:9']
const ADMIN_PASSWORD = 'admin-pass'

stayOnLoopback()

async function directory() {
  const port = await freePort()
  await plc.PlcServer.create({ db: plc.Database.mock(), port }).start()
  return `http://localhost:${port}`
}

async function accounts(port, directoryUrl, appView) {
  const rotation = await Secp256k1Keypair.create({ exportable: true })
  const data = join(folder, 'pds')
  await mkdir(data, { recursive: true })
  const server = await PDS.fromEnv({
    devMode: true,
    port,
    dataDirectory: data,
    blobstoreDiskLocation: join(folder, 'blobs'),
    didPlcUrl: directoryUrl,
    serviceHandleDomains: ['.test'],
    recoveryDidKey: (await Secp256k1Keypair.create()).did(),
    plcRotationKeyK256PrivateKeyHex: Buffer.from(await rotation.export()).toString('hex'),
    adminPassword: ADMIN_PASSWORD,
    jwtSecret: 'only-for-tests-on-this-machine-alone',
    inviteRequired: false,
    disableSsrfProtection: true,
    bskyAppViewUrl: appView.url,
    bskyAppViewDid: appView.did,
    modServiceUrl: NOWHERE,
    modServiceDid: NOBODY,
  })
  await server.start()
  resolveHandlesAt(server.ctx.idResolver, `http://localhost:${port}`)
}

async function index(port, directoryUrl, pdsPort) {
  const url = `http://localhost:${port}`
  const key = await Secp256k1Keypair.create()
  const did = await registered(directoryUrl, key, url)
  const db = new Database({ url: postgres, schema: 'appview', poolSize: 10 })
  await db.migrateToLatestOrThrow()
  const dataPort = await freePort()
  const data = await DataPlaneServer.create(db, dataPort, directoryUrl, globalThis.fetch)
  const config = new ServerConfig({
    version: 'tests',
    port,
    didPlcUrl: directoryUrl,
    publicUrl: url,
    serverDid: did,
    alternateAudienceDids: [],
    dataplaneUrls: [`http://localhost:${dataPort}`],
    dataplaneHttpVersion: '1.1',
    bsyncUrl: NOWHERE,
    bsyncHttpVersion: '1.1',
    bsyncApiKey: 'unused',
    modServiceDid: NOBODY,
    labelsFromIssuerDids: [NOBODY],
    bigThreadUris: new Set(),
    maxThreadParents: 50,
    disableSsrfProtection: true,
    searchTagsHide: new Set(),
    searchTagsHideAll: new Set(),
    threadTagsBumpDown: new Set(),
    threadTagsHide: new Set(),
    visibilityTagHide: '',
    visibilityTagRankPrefix: '',
    debugFieldAllowedDids: new Set(),
    draftsLimit: 500,
    feedGenSkeletonTimeout: 5000,
    adminPasswords: [ADMIN_PASSWORD],
    etcdHosts: [],
  })
  const server = BskyAppView.create({ config, signingKey: key })
  for (const resolver of [server.ctx.idResolver, data.idResolver]) {
    resolveHandlesAt(resolver, `http://localhost:${pdsPort}`)
  }
  await server.start()
  return { url, did, db, resolver: data.idResolver }
}

async function registered(directoryUrl, key, url) {
  const client = new PlcClient(directoryUrl)
  const identity = { signingKey: key.did(), rotationKeys: [key.did()], handle: 'index.test', pds: url, signer: key }
  const did = await client.createDid(identity)
  await client.updateData(did, key, (document) => {
    document.services.bsky_appview = { type: 'BskyAppView', endpoint: url }
    return document
  })
  return did
}

// Names end in .test and stand in no DNS: the server of the accounts knows them.
function resolveHandlesAt(resolver, pdsUrl) {
  resolver.handle.resolve = async (handle) => {
    const answer = await fetch(`${pdsUrl}/xrpc/com.atproto.identity.resolveHandle?handle=${handle}`)
    return answer.ok ? (await answer.json()).did : undefined
  }
}

const directoryUrl = await directory()
const [pdsPort, appViewPort] = [await freePort(), await freePort()]
const appView = await index(appViewPort, directoryUrl, pdsPort)
await accounts(pdsPort, directoryUrl, appView)
const firehose = `ws://localhost:${pdsPort}`
void new RepoSubscription({ service: firehose, db: appView.db, idResolver: appView.resolver }).start()
const stream = await Jetstream.on(firehose, appView.resolver)

const http = (port) => `http://127.0.0.1:${port}`
const addresses = { plc: directoryUrl, pds: http(pdsPort), appview: http(appViewPort), stream: http(stream.port) }
process.stdout.write(`${JSON.stringify(addresses)}\n`)
process.stdin.resume().once('end', () => process.exit(0)).once('error', () => process.exit(0))
