package io.inmesh.server.ca;

import io.inmesh.identity.SpiffeId;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/**
 * A token that lets processes join, without its secret. Immutable.
 *
 * @param id names it; not a secret
 * @param secretHash SHA-256 of the secret, in hex
 * @param identity of those who join with it
 * @param uses how many may join; 0: any number
 * @param used how many have
 * @param keys hashes of the public keys that joined last: who repeats a request for the same key,
 *     because the answer was lost, does not use the token again
 * @param created when
 * @param expires when it ends
 * @param networks CIDRs that joiners must be in; empty: anywhere
 */
record JoinToken(
    String id,
    String secretHash,
    SpiffeId identity,
    int uses,
    int used,
    List<String> keys,
    Instant created,
    Instant expires,
    Set<String> networks) {
  private static final int KEYS_KEPT = 64;

  JoinToken {
    keys = List.copyOf(keys);
    networks = Set.copyOf(networks);
  }

  boolean exhausted() {
    return uses > 0 && used >= uses;
  }

  JoinToken usedBy(String key) {
    List<String> kept = new java.util.ArrayList<>(keys);
    kept.add(key);
    return new JoinToken(
        id,
        secretHash,
        identity,
        uses,
        used + 1,
        kept.subList(Math.max(0, kept.size() - KEYS_KEPT), kept.size()),
        created,
        expires,
        networks);
  }
}
