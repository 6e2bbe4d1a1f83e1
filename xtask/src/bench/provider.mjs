// The npm oidc-provider with its memory adapter, as the OAuth measurements ask it. Arguments: port, client id, client secret.
import { generateKeyPairSync } from 'node:crypto';
import { Provider } from 'oidc-provider';

const [port, id, secret] = process.argv.slice(2);
const jwk = (type, options, alg) => ({ ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), alg, use: 'sig' });
const alg = (resource) => (resource.endsWith('eddsa') ? 'EdDSA' : 'ES256');
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: id, client_secret: secret, grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }],
  scopes: ['api1'],
  jwks: { keys: [jwk('ec', { namedCurve: 'P-256' }, 'ES256'), jwk('ed25519', {}, 'EdDSA')] },
  enabledJWA: { idTokenSigningAlgValues: ['ES256', 'EdDSA'] },
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_, resource) => ({
        scope: 'api1',
        accessTokenFormat: resource.endsWith('opaque') ? 'opaque' : 'jwt',
        jwt: resource.endsWith('opaque') ? undefined : { sign: { alg: alg(resource) } },
      }),
    },
  },
});
provider.listen(Number(port), '127.0.0.1');
