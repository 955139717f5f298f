import type { LookupAddress } from 'node:dns'
import { describe, expect, test } from 'vitest'
import { isPublic } from '../../lib/public-address.ts'
import { assertPublicHost, createCheckedLookup, RefusedAddress } from './checked-lookup.ts'

describe('an address is public or not', () => {
  test.each([
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '100.127.255.255',
    '127.0.0.1',
    '127.8.8.8',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '192.0.0.192',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::a00:1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    'example.com',
    '',
  ])('%s is not', (address) => expect(isPublic(address)).toBe(false))

  test.each([
    '8.8.8.8',
    '100.63.255.255',
    '100.128.0.1',
    '172.15.0.1',
    '172.32.0.1',
    '192.167.1.1',
    '223.255.255.254',
    '2606:4700::1111',
    '2a00:1450:4001::1',
  ])('%s is', (address) => expect(isPublic(address)).toBe(true))
})

test('an address in a URL is looked at however it is written', () => {
  for (const host of ['127.0.0.1', '0x7f.1', '2130706433', '017700000001', '[::1]', '[::ffff:7f00:1]', '127.1'])
    expect(() => assertPublicHost(new URL(`http://${host}/`))).toThrow(RefusedAddress)
  for (const host of ['8.8.8.8', '[2606:4700::1111]', 'example.com'])
    expect(() => assertPublicHost(new URL(`http://${host}/`))).not.toThrow()
})

const PUBLIC = { address: '8.8.8.8', family: 4 }
const PUBLIC_V6 = { address: '2606:4700::1111', family: 6 }
const LOOPBACK = { address: '127.0.0.1', family: 4 }

function lookup(found: LookupAddress[], options: { all?: boolean } = {}) {
  let asked = 0
  const checked = createCheckedLookup(async () => {
    asked += 1
    return found
  })
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  checked('example.com', options, (error, address, family) =>
    error ? reject(error) : resolve([address, family, asked]),
  )
  return promise
}

test('a connection gets the addresses that were looked at, of one question to DNS', async () => {
  expect(await lookup([PUBLIC, PUBLIC_V6])).toEqual(['8.8.8.8', 4, 1])
  expect(await lookup([PUBLIC, PUBLIC_V6], { all: true })).toEqual([[PUBLIC, PUBLIC_V6], undefined, 1])
})

test('one address of a name that is not public is enough to refuse it', async () => {
  await expect(lookup([PUBLIC, LOOPBACK])).rejects.toThrow('example.com (127.0.0.1) is not on the public internet')
  await expect(lookup([LOOPBACK], { all: true })).rejects.toThrow(RefusedAddress)
  await expect(lookup([])).rejects.toThrow('has no address')
})

test('a name that DNS does not know is no refusal: it may know it later', async () => {
  const checked = createCheckedLookup(async () => Promise.reject(new Error('ENOTFOUND')))
  const failed = new Promise((resolve) => checked('example.com', {}, resolve))
  expect(await failed).not.toBeInstanceOf(RefusedAddress)
})
