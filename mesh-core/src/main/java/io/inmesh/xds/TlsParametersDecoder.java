package io.inmesh.xds;

import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters.TlsProtocol;
import io.inmesh.model.TlsParameters;
import io.inmesh.model.TlsParameters.CipherSuite;
import io.inmesh.model.TlsParameters.Curve;
import io.inmesh.model.TlsParameters.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Envoy's {@code TlsParameters}, which name suites and curves as BoringSSL does. */
final class TlsParametersDecoder {
  /**
   * What Envoy knows besides, and control servers list for old peers: never used with HTTP/2, so a
   * list may have them and must have others.
   */
  private static final Set<String> UNUSED =
      Set.of(
          "ECDHE-ECDSA-AES128-SHA",
          "ECDHE-RSA-AES128-SHA",
          "ECDHE-ECDSA-AES256-SHA",
          "ECDHE-RSA-AES256-SHA",
          "AES128-GCM-SHA256",
          "AES256-GCM-SHA384",
          "AES128-SHA",
          "AES256-SHA");

  private TlsParametersDecoder() {}

  static TlsParameters decode(
      io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters parameters,
      FieldPath path)
      throws Rejection {
    Version max = max(parameters.getTlsMaximumProtocolVersion(), path);
    Version min =
        parameters.getTlsMinimumProtocolVersion() == TlsProtocol.TLSv1_3
            ? Version.TLS_1_3
            : Version.TLS_1_2;
    if (min.compareTo(max) > 0) {
      throw new Rejection(
          path.field("tls_maximum_protocol_version"),
          "is older than tls_minimum_protocol_version, so that no handshake could succeed");
    }
    return new TlsParameters(min, max, suites(parameters, path), curves(parameters, path));
  }

  /** Left to us it is the newest, on both sides; Envoy's clients would stop at 1.2. */
  private static Version max(TlsProtocol version, FieldPath path) throws Rejection {
    return switch (version) {
      case TLS_AUTO, TLSv1_3 -> Version.TLS_1_3;
      case TLSv1_2 -> Version.TLS_1_2;
      default ->
          throw new Rejection(
              path.field("tls_maximum_protocol_version"), "must be TLSv1_2 or newer");
    };
  }

  private static List<CipherSuite> suites(
      io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters parameters,
      FieldPath root)
      throws Rejection {
    List<CipherSuite> suites = new ArrayList<>();
    for (int i = 0; i < parameters.getCipherSuitesCount(); i++) {
      FieldPath path = root.field("cipher_suites", i);
      // Those of equal preference are written [A|B].
      for (String name : parameters.getCipherSuites(i).replaceAll("^\\[|]$", "").split("\\|")) {
        if (!UNUSED.contains(name)) {
          suites.add(suite(name, path));
        }
      }
    }
    if (suites.isEmpty() && parameters.getCipherSuitesCount() > 0) {
      throw new Rejection(root.field("cipher_suites"), "has none that HTTP/2 allows");
    }
    return suites;
  }

  private static CipherSuite suite(String name, FieldPath path) throws Rejection {
    for (CipherSuite suite : CipherSuite.values()) {
      if (suite.openSslName().equals(name)) {
        return suite;
      }
    }
    throw new Rejection(path, "'" + name + "' is not a known cipher suite");
  }

  private static List<Curve> curves(
      io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters parameters,
      FieldPath root)
      throws Rejection {
    List<Curve> curves = new ArrayList<>();
    for (int i = 0; i < parameters.getEcdhCurvesCount(); i++) {
      curves.add(curve(parameters.getEcdhCurves(i), root.field("ecdh_curves", i)));
    }
    return curves;
  }

  private static Curve curve(String name, FieldPath path) throws Rejection {
    for (Curve curve : Curve.values()) {
      if (curve.openSslName().equals(name)) {
        return curve;
      }
    }
    throw new Rejection(path, "'" + name + "' is not a known curve");
  }
}
