package io.inmesh.server.compile;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.Struct;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateProviderPluginInstance;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters.TlsProtocol;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.inmesh.model.TlsParameters;
import io.inmesh.model.TlsParameters.CipherSuite;
import io.inmesh.model.TlsParameters.Curve;
import io.inmesh.model.TlsParameters.Version;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * Mutual TLS between mesh peers. Keys and roots are the client's own: our library and stock gRPC
 * take them from the certificate provider {@code default} of their bootstrap, Envoy from {@link
 * EnvoySecrets}.
 */
final class TlsResources {
  /** What endpoints are matched by to choose between TLS and plaintext. */
  static final String MATCH_METADATA = "envoy.transport_socket_match";

  /** Metadata of endpoints with an identity, as Istio writes it. */
  static final Struct IN_MESH =
      Struct.newBuilder().putFields("tlsMode", Protos.text("istio")).build();

  private static final String TLS = "envoy.transport_sockets.tls";
  private static final String PROVIDER = "default";

  private static final TransportSocket PLAINTEXT =
      TransportSocket.newBuilder()
          .setName("envoy.transport_sockets.raw_buffer")
          .setTypedConfig(Any.pack(RawBuffer.getDefaultInstance()))
          .build();

  private TlsResources() {}

  /** Secures a cluster for the peers that answer. */
  static void secure(
      Cluster.Builder cluster,
      PeerIdentities peers,
      TlsParameters parameters,
      CapabilityClass clients) {
    if (peers.ids().isEmpty()) {
      return;
    }
    TransportSocket tls = upstream(peers.ids(), null, parameters, clients);
    if (!peers.mixed() || clients == CapabilityClass.GRPC) {
      // Stock gRPC cannot choose by endpoint: those without identity refuse it.
      cluster.setTransportSocket(tls);
      return;
    }
    cluster
        .addTransportSocketMatches(
            Cluster.TransportSocketMatch.newBuilder()
                .setName("tlsMode-istio")
                .setMatch(IN_MESH)
                .setTransportSocket(tls))
        .addTransportSocketMatches(
            Cluster.TransportSocketMatch.newBuilder()
                .setName("tlsMode-disabled")
                .setMatch(Struct.getDefaultInstance())
                .setTransportSocket(PLAINTEXT));
  }

  /**
   * For callers of mesh peers.
   *
   * @param ids who may answer; empty: every identity that is trusted
   * @param sni sent in the handshake; null: none
   */
  static TransportSocket upstream(
      SortedSet<String> ids,
      @Nullable String sni,
      TlsParameters parameters,
      CapabilityClass clients) {
    CertificateValidationContext.Builder validation = CertificateValidationContext.newBuilder();
    for (String id : ids) {
      StringMatcher exact = StringMatcher.newBuilder().setExact(id).build();
      if (clients == CapabilityClass.GRPC) {
        addOldSanMatcher(validation, exact);
      } else {
        validation.addMatchTypedSubjectAltNames(
            SubjectAltNameMatcher.newBuilder()
                .setSanType(SubjectAltNameMatcher.SanType.URI)
                .setMatcher(exact));
      }
    }
    CommonTlsContext.Builder common = common(validation, clients);
    limitClient(common, parameters, clients);
    if (clients != CapabilityClass.ENVOY) { // which offers what the cluster speaks
      common.addAlpnProtocols("h2");
    }
    return socket(
        UpstreamTlsContext.newBuilder()
            .setSni(sni == null ? "" : sni)
            .setCommonTlsContext(common)
            .build());
  }

  @SuppressWarnings("deprecation") // the only field that stock gRPC for Java reads
  static void addOldSanMatcher(
      CertificateValidationContext.Builder validation, StringMatcher exact) {
    validation.addMatchSubjectAltNames(exact);
  }

  /** For servers of our library and of stock gRPC: a client certificate is required. */
  static TransportSocket downstream(TlsParameters parameters, CapabilityClass clients) {
    CommonTlsContext.Builder common = common(CertificateValidationContext.newBuilder(), clients);
    limit(common, parameters, clients);
    return socket(
        DownstreamTlsContext.newBuilder()
            .setCommonTlsContext(common)
            .setRequireClientCertificate(BoolValue.of(true))
            .build());
  }

  private static CommonTlsContext.Builder common(
      CertificateValidationContext.Builder validation, CapabilityClass clients) {
    if (clients == CapabilityClass.ENVOY) {
      return CommonTlsContext.newBuilder()
          .addTlsCertificateSdsSecretConfigs(EnvoySecrets.secret(EnvoySecrets.IDENTITY))
          .setCombinedValidationContext(
              CommonTlsContext.CombinedCertificateValidationContext.newBuilder()
                  .setDefaultValidationContext(validation)
                  .setValidationContextSdsSecretConfig(EnvoySecrets.secret(EnvoySecrets.ROOTS)));
    }
    CertificateProviderPluginInstance provider =
        CertificateProviderPluginInstance.newBuilder().setInstanceName(PROVIDER).build();
    return CommonTlsContext.newBuilder()
        .setTlsCertificateProviderInstance(provider)
        .setValidationContext(validation.setCaCertificateProviderInstance(provider));
  }

  /** For callers: Envoy would stop at TLS 1.2 unless told otherwise. */
  static void limitClient(
      CommonTlsContext.Builder common, TlsParameters parameters, CapabilityClass clients) {
    limit(common, parameters, clients);
    if (clients == CapabilityClass.ENVOY) {
      common.getTlsParamsBuilder().setTlsMaximumProtocolVersion(TlsProtocol.TLSv1_3);
    }
  }

  /** Stock gRPC refuses contexts that have such parameters. */
  private static void limit(
      CommonTlsContext.Builder common, TlsParameters parameters, CapabilityClass clients) {
    if (clients == CapabilityClass.GRPC || parameters.equals(TlsParameters.DEFAULT)) {
      return;
    }
    common
        .getTlsParamsBuilder()
        .setTlsMinimumProtocolVersion(
            parameters.min() == Version.TLS_1_3 ? TlsProtocol.TLSv1_3 : TlsProtocol.TLSv1_2)
        .addAllCipherSuites(
            parameters.cipherSuites().stream().map(CipherSuite::openSslName).toList())
        .addAllEcdhCurves(parameters.curves().stream().map(Curve::openSslName).toList());
  }

  static TransportSocket socket(com.google.protobuf.Message context) {
    return TransportSocket.newBuilder().setName(TLS).setTypedConfig(Any.pack(context)).build();
  }
}
