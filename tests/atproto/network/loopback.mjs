// Keeps every server and every call of this process on the loopback address, whatever the packages in it would like.

import dns from 'node:dns'
import net from 'node:net'

const HERE = '127.0.0.1'
const LOCAL = new Set(['localhost', HERE, '::1'])

export function stayOnLoopback() {
  dns.setDefaultResultOrder('ipv4first')
  const { listen } = net.Server.prototype
  net.Server.prototype.listen = function (...given) {
    if (typeof given[0] === 'number') return listen.call(this, given[0], HERE, ...given.filter((one) => typeof one === 'function'))
    if (given[0] && given[0].port !== undefined) given[0].host = HERE
    return listen.apply(this, given)
  }
  const { connect } = net.Socket.prototype
  net.Socket.prototype.connect = function (...given) {
    const wanted = net._normalizeArgs(Array.isArray(given[0]) ? given[0] : given)[0]
    if (wanted.path === undefined && !LOCAL.has(wanted.host ?? 'localhost')) {
      console.error(`refused: a connection to ${wanted.host}`)
      process.nextTick(() => this.destroy(new Error(`no connection to ${wanted.host} in these tests`)))
      return this
    }
    return connect.apply(this, given)
  }
}

export async function freePort() {
  const probe = net.createServer()
  await new Promise((resolve) => probe.listen(0, resolve))
  const { port } = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return port
}
