package io.inmesh.server.compile;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.inmesh.model.TlsParameters;
import io.inmesh.server.config.ClientTls;
import io.inmesh.server.config.ClientTls.Name;
import io.inmesh.server.config.ClientTls.Roots;
import io.inmesh.server.config.Provenance;
import io.inmesh.server.config.TlsSettings;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * TLS that configuration asks callers to begin. Roots travel inline: names of files are for Envoys
 * only, of which the operator of the host decides.
 */
final class OriginationResources {
  /** What a port means that says HTTPS. */
  static final ClientTls HTTPS =
      new ClientTls(
          ClientTls.Mode.SIMPLE, null, List.of(), new Roots.OfSystem(), null, Provenance.UNKNOWN);

  /** Where Debian and its kin, and so Envoy's images, have the system's roots. */
  private static final String ENVOYS_ROOTS = "/etc/ssl/certs/ca-certificates.crt";

  private static final String CREDENTIAL = "kubernetes://";

  private OriginationResources() {}

  static void secure(
      Cluster.Builder cluster,
      MeshService service,
      MeshPort port,
      ClientTls tls,
      TlsSettings settings,
      CapabilityClass clients) {
    switch (tls.mode()) {
      case DISABLE -> {}
      case ISTIO_MUTUAL -> {
        SortedSet<String> ids = new TreeSet<>();
        tls.names().forEach(name -> ids.add(name.text()));
        cluster.setTransportSocket(
            TlsResources.upstream(
                ids.isEmpty() ? service.peers().ids() : ids, tls.sni(), settings.mesh(), clients));
      }
      case SIMPLE, MUTUAL ->
          cluster.setTransportSocket(
              TlsResources.socket(simple(service, port, tls, settings.outside(), clients)));
    }
  }

  private static UpstreamTlsContext simple(
      MeshService service,
      MeshPort port,
      ClientTls tls,
      TlsParameters parameters,
      CapabilityClass clients) {
    // Of a wildcard it is the host that the call names, which clients take where nothing is said.
    String host = service.isWildcard() ? "" : service.host();
    if (tls.sni() != null) {
      host = tls.sni();
    }
    CertificateValidationContext.Builder validation = CertificateValidationContext.newBuilder();
    if (tls.roots() instanceof Roots.Pem pem) {
      validation.setTrustedCa(DataSource.newBuilder().setInlineString(pem.text()));
    } else if (tls.roots() instanceof Roots.OfCredential) {
      // They come under a name, too.
    } else if (clients == CapabilityClass.ENVOY) {
      validation.setTrustedCa(DataSource.newBuilder().setFilename(ENVOYS_ROOTS));
    } else {
      validation.setSystemRootCerts(
          CertificateValidationContext.SystemRootCerts.getDefaultInstance());
    }
    for (Name name : names(service, tls, host)) {
      StringMatcher exact = StringMatcher.newBuilder().setExact(name.text()).build();
      if (clients == CapabilityClass.GRPC) {
        TlsResources.addOldSanMatcher(validation, exact);
      } else {
        validation.addMatchTypedSubjectAltNames(
            SubjectAltNameMatcher.newBuilder().setSanType(type(name)).setMatcher(exact));
      }
    }
    CommonTlsContext.Builder common = common(tls, validation, clients);
    TlsResources.limitClient(common, parameters, clients);
    if (port.protocol() != Protocol.HTTPS) {
      common.addAlpnProtocols(port.protocol().http2() ? "h2" : "http/1.1");
    }
    return UpstreamTlsContext.newBuilder().setSni(host).setCommonTlsContext(common).build();
  }

  /** With the name of what callers show, as Istio makes it of a credentialName. */
  private static CommonTlsContext.Builder common(
      ClientTls tls, CertificateValidationContext.Builder validation, CapabilityClass clients) {
    CommonTlsContext.Builder common = CommonTlsContext.newBuilder();
    if (tls.credential() == null) {
      return common.setValidationContext(validation);
    }
    String name = CREDENTIAL + tls.credential();
    common.addTlsCertificateSdsSecretConfigs(secret(name, clients));
    return tls.roots() instanceof Roots.OfCredential
        ? common.setCombinedValidationContext(
            CommonTlsContext.CombinedCertificateValidationContext.newBuilder()
                .setDefaultValidationContext(validation)
                .setValidationContextSdsSecretConfig(secret(name + "-cacert", clients)))
        : common.setValidationContext(validation);
  }

  /** Envoys ask the agent beside them, our library its application's settings. */
  private static SdsSecretConfig secret(String name, CapabilityClass clients) {
    return clients == CapabilityClass.ENVOY
        ? EnvoySecrets.secret(name)
        : SdsSecretConfig.newBuilder().setName(name).build();
  }

  /** Those of the policy, else of the ServiceEntry, else the host. */
  private static List<Name> names(MeshService service, ClientTls tls, String host) {
    if (!tls.names().isEmpty()) {
      return tls.names();
    }
    return service.names().isEmpty() && !host.isEmpty() ? List.of(Name.of(host)) : service.names();
  }

  private static SubjectAltNameMatcher.SanType type(Name name) {
    return switch (name.type()) {
      case DNS -> SubjectAltNameMatcher.SanType.DNS;
      case URI -> SubjectAltNameMatcher.SanType.URI;
      case IP -> SubjectAltNameMatcher.SanType.IP_ADDRESS;
    };
  }
}
