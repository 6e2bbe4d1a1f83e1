// The npm oidc-provider with its memory adapter, as the OAuth measurements ask it. Arguments: port, client id, client secret.
import { generateKeyPairSync } from 'node:crypto';
import { Provider } from 'oidc-provider';

const [port, id, secret] = process.argv.slice(2);
const redirect = 'https://app.example/callback';
const jwk = (type, options, alg) => ({ ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), alg, use: 'sig' });
const alg = (resource) => (resource.endsWith('eddsa') ? 'EdDSA' : 'ES256');
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: id, client_secret: secret, grant_types: ['client_credentials', 'authorization_code', 'refresh_token'], redirect_uris: [redirect], response_types: ['code'] }],
  scopes: ['api1', 'offline_access'],
  findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  issueRefreshToken: () => true,
  rotateRefreshToken: true,
  pkce: { required: () => false },
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
// A code for whoever asks, as if a person had consented.
provider.use(async (ctx, next) => {
  if (ctx.path !== '/bench/code') return next();
  const resource = 'urn:bench:opaque';
  const grant = new provider.Grant({ accountId: 'ann', clientId: id });
  grant.addResourceScope(resource, 'api1');
  const code = new provider.AuthorizationCode({
    accountId: 'ann', client: await provider.Client.find(id), grantId: await grant.save(), redirectUri: redirect, resource, scope: 'api1',
    authTime: Math.floor(Date.now() / 1000), gty: 'authorization_code',
  });
  ctx.body = await code.save();
});
provider.listen(Number(port), '127.0.0.1');
