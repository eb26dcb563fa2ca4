package io.inmesh.model;

import java.util.List;

/** What a request must show. */
public sealed interface JwtRequirement {
  /** Nothing. */
  record None() implements JwtRequirement {}

  /**
   * A valid token of a provider.
   *
   * @param name of the provider
   * @param audiences instead of the provider's; empty: the provider's
   */
  record Provider(String name, List<String> audiences) implements JwtRequirement {
    public Provider {
      audiences = List.copyOf(audiences);
    }
  }

  /** Any of these. */
  record AnyOf(List<JwtRequirement> parts) implements JwtRequirement {
    public AnyOf {
      parts = List.copyOf(parts);
    }
  }

  /** All of these. */
  record All(List<JwtRequirement> parts) implements JwtRequirement {
    public All {
      parts = List.copyOf(parts);
    }
  }

  /** No token, or a valid one; among others of {@link AnyOf}: no token for any of them. */
  record AllowMissing() implements JwtRequirement {}

  /** Nothing; what valid tokens say is still used. */
  record AllowMissingOrFailed() implements JwtRequirement {}
}
