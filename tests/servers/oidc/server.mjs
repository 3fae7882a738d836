// A small OpenID provider for fast tests: npm oidc-provider with its built-in login form; any password is right.
// node server.mjs PORT BASE [BACKCHANNEL]   prints "issuer=…"; state and keys in memory: each start has other keys
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import Provider from 'oidc-provider';

const [port, base, backchannel] = [Number(process.argv[2]), process.argv[3], process.argv[4]];
const issuer = `http://127.0.0.1:${port}`;
const people = {
  lan: { name: 'Lan Nguyễn Thị', roles: ['archivist'], groups: ['/H49/H49.64'] },
  minh: { name: 'Minh Đỗ', roles: ['reader'], groups: ['/H49'] },
  quan: { name: 'Quân Trị', roles: ['administrator'], groups: [] },
  admin: { name: 'Kẻ lạ', roles: ['administrator'], groups: [] },
};
const key = () => ({ ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' });
const provider = new Provider(issuer, {
  clients: [{
    client_id: 'kho-web',
    client_secret: 'test-only: secret/with+signs',
    redirect_uris: [`${base}/sign-in/provider/callback`],
    post_logout_redirect_uris: [`${base}/sign-in`],
    grant_types: ['authorization_code'],
    ...(backchannel ? { backchannel_logout_uri: backchannel, backchannel_logout_session_required: true } : {}),
  }],
  jwks: { keys: [key()] },
  claims: { openid: ['sub', 'sid', 'roles', 'groups'], profile: ['name', 'preferred_username'] },
  conformIdTokenClaims: false,                  // roles and groups in the ID token, as Keycloak sends them
  pkce: { required: () => true },
  features: { backchannelLogout: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  ttl: { IdToken: 300, AccessToken: 300, Session: 900, Grant: 900, Interaction: 300 },
  cookies: { keys: ['test-only'] },
  // Its own guard against special addresses would refuse the loopback, which is all that there is in a test.
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
  findAccount: (ctx, id) => people[id] && { accountId: id, claims: () => ({ sub: id, preferred_username: id, ...people[id] }) },
});
provider.listen(port, '127.0.0.1', () => console.log(`issuer=${issuer}`));
