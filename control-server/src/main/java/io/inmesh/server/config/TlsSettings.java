package io.inmesh.server.config;

import io.inmesh.model.TlsParameters;

/**
 * What TLS handshakes may agree on, as Istio's MeshConfig says it.
 *
 * @param mesh between peers of the mesh ({@code meshMTLS})
 * @param outside with servers outside it ({@code tlsDefaults})
 */
public record TlsSettings(TlsParameters mesh, TlsParameters outside) {
  /** Nothing said. */
  public static final TlsSettings DEFAULTS =
      new TlsSettings(TlsParameters.DEFAULT, TlsParameters.DEFAULT);
}
