package io.inmesh.call.engine;

import io.inmesh.identity.SpiffeId;
import io.inmesh.model.StringMatch;
import io.inmesh.model.TlsPolicy;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Calls that say who must answer. */
final class RequiredPeer {
  private RequiredPeer() {}

  /**
   * The policy under which nobody else answers.
   *
   * @param policy of the endpoint; null: plaintext
   * @param shared whether connections are made before a call chooses one, so that the policy must
   *     say so already
   * @return null: it cannot be made certain
   */
  static @Nullable TlsPolicy only(SpiffeId peer, @Nullable TlsPolicy policy, boolean shared) {
    if (policy == null || policy.mode() != TlsPolicy.Mode.MESH) {
      return null;
    }
    List<StringMatch> only = List.of(new StringMatch.Exact(peer.toString(), false));
    if (policy.peers().equals(only)) {
      return policy;
    }
    boolean accepted = policy.peers().isEmpty() || policy.peers().containsAll(only);
    return accepted && !shared ? policy.withPeers(only) : null;
  }
}
