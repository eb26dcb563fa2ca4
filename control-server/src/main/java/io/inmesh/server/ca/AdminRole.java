package io.inmesh.server.ca;

/** What somebody may do on the admin port; each role includes those before it. */
public enum AdminRole {
  /** Look. */
  VIEWER,
  /** Change the registry, make join tokens, ban identities. */
  OPERATOR,
  /** Rotate the root. */
  CA
}
