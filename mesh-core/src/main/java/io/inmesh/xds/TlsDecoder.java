package io.inmesh.xds;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.inmesh.model.SanMatch;
import io.inmesh.model.ServerTlsPolicy;
import io.inmesh.model.StringMatch;
import io.inmesh.model.TlsParameters;
import io.inmesh.model.TlsPolicy;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How connections are secured. A context that names a certificate of this side (a provider or a
 * secret) is about mesh peers: the identity and the roots are those this process has, whatever the
 * names are. One without, or with a credential of the application's, is about something outside.
 */
final class TlsDecoder {
  /** Before the names of what a DestinationRule's {@code credentialName} names. */
  private static final String CREDENTIAL = "kubernetes://";

  private final Decoding decoding;

  TlsDecoder(Decoding decoding) {
    this.decoding = decoding;
  }

  /**
   * What a cluster says.
   *
   * @param policy for the endpoints that are secured; null: none is
   * @param matches first match decides; empty: all endpoints are alike
   */
  record ClusterTls(@Nullable TlsPolicy policy, List<TlsMatch> matches) {}

  ClusterTls cluster(Cluster cluster, FieldPath root) throws Rejection {
    TlsPolicy policy =
        cluster.hasTransportSocket()
            ? upstream(cluster.getTransportSocket(), root.field("transport_socket"))
            : null;
    if (cluster.getTransportSocketMatchesCount() == 0) {
      return new ClusterTls(policy, List.of());
    }
    List<TlsMatch> matches = new ArrayList<>();
    boolean secured = policy != null;
    for (int i = 0; i < cluster.getTransportSocketMatchesCount(); i++) {
      FieldPath path = root.field("transport_socket_matches", i);
      Cluster.TransportSocketMatch match = cluster.getTransportSocketMatches(i);
      TlsPolicy own = upstream(match.getTransportSocket(), path.field("transport_socket"));
      if (own != null && policy != null && !own.equals(policy)) {
        throw new Rejection(
            path.field("transport_socket"), "differs from another that is secured, too");
      }
      policy = own == null ? policy : own;
      Map<String, String> labels = new HashMap<>();
      match
          .getMatch()
          .getFieldsMap()
          .forEach((name, value) -> labels.put(name, value.getStringValue()));
      matches.add(new TlsMatch(labels, own != null));
    }
    matches.add(new TlsMatch(Map.of(), secured));
    return new ClusterTls(policy, matches);
  }

  private @Nullable TlsPolicy upstream(TransportSocket socket, FieldPath at) throws Rejection {
    FieldPath path = at.field("typed_config");
    if (MessageTypes.is(socket.getTypedConfig(), RawBuffer.class)) {
      return null;
    }
    if (!MessageTypes.is(socket.getTypedConfig(), UpstreamTlsContext.class)) {
      throw new Rejection(path, "must be an UpstreamTlsContext or a RawBuffer");
    }
    UpstreamTlsContext tls =
        decoding.unpack(socket.getTypedConfig(), UpstreamTlsContext.class, path);
    FieldPath commonAt = path.field("common_tls_context");
    CommonTlsContext common = tls.getCommonTlsContext();
    CertificateValidationContext validation = validation(common);
    String sni = tls.getSni().isEmpty() ? null : tls.getSni();
    if (ownCertificate(common)) {
      return new TlsPolicy(
          TlsPolicy.Mode.MESH,
          peers(validation, commonAt),
          bundles(validation, commonAt),
          List.of(),
          sni,
          null,
          null,
          parameters(common, commonAt));
    }
    if (validation.hasCustomValidatorConfig()) {
      throw new Rejection(
          commonAt.field("custom_validator_config"), "is for peers of the mesh, with certificates");
    }
    String credential = credential(common);
    String roots = inline(validation.getTrustedCa());
    if (roots == null
        && !validation.hasSystemRootCerts()
        && !(credential != null && common.hasCombinedValidationContext())) {
      throw new Rejection(commonAt, "names no roots: the peer would not be verified");
    }
    if (roots != null) {
      checkCertificates(roots, commonAt.field("validation_context").field("trusted_ca"));
    }
    return new TlsPolicy(
        TlsPolicy.Mode.EXTERNAL,
        List.of(),
        Map.of(),
        names(validation, commonAt),
        sni,
        roots,
        credential,
        parameters(common, commonAt));
  }

  /** What a server listener's chains say: one with TLS, one without, or one of each. */
  ServerTlsPolicy server(List<FilterChain> chains, FieldPath root) throws Rejection {
    CommonTlsContext common = CommonTlsContext.getDefaultInstance();
    FieldPath commonAt = root;
    boolean tls = false;
    boolean plaintext = false;
    for (int i = 0; i < chains.size(); i++) {
      FilterChain chain = chains.get(i);
      FieldPath path = root.field("filter_chains", i).field("transport_socket");
      if (!chain.hasTransportSocket()
          || MessageTypes.is(chain.getTransportSocket().getTypedConfig(), RawBuffer.class)) {
        plaintext = true;
      } else {
        tls = true;
        common = downstream(chain.getTransportSocket(), path);
        commonAt = path.field("typed_config").field("common_tls_context");
      }
    }
    ServerTlsPolicy.Mode mode =
        !tls
            ? ServerTlsPolicy.Mode.DISABLE
            : plaintext ? ServerTlsPolicy.Mode.PERMISSIVE : ServerTlsPolicy.Mode.STRICT;
    return new ServerTlsPolicy(
        mode,
        peers(validation(common), commonAt),
        bundles(validation(common), commonAt),
        parameters(common, commonAt));
  }

  private CommonTlsContext downstream(TransportSocket socket, FieldPath at) throws Rejection {
    FieldPath path = at.field("typed_config");
    if (!MessageTypes.is(socket.getTypedConfig(), DownstreamTlsContext.class)) {
      throw new Rejection(path, "must be a DownstreamTlsContext or a RawBuffer");
    }
    DownstreamTlsContext tls =
        decoding.unpack(socket.getTypedConfig(), DownstreamTlsContext.class, path);
    if (!tls.getRequireClientCertificate().getValue()
        || !ownCertificate(tls.getCommonTlsContext())) {
      throw new Rejection(
          path.field("require_client_certificate"), "servers of the mesh speak mutual TLS only");
    }
    return tls.getCommonTlsContext();
  }

  private static TlsParameters parameters(CommonTlsContext common, FieldPath at) throws Rejection {
    return TlsParametersDecoder.decode(common.getTlsParams(), at.field("tls_params"));
  }

  private static boolean ownCertificate(CommonTlsContext common) {
    return common.hasTlsCertificateProviderInstance()
        || (common.getTlsCertificateSdsSecretConfigsCount() > 0 && credential(common) == null);
  }

  /** Of a secret that the application has under a name, as Istio calls it; null: none. */
  private static @Nullable String credential(CommonTlsContext common) {
    for (SdsSecretConfig secret : common.getTlsCertificateSdsSecretConfigsList()) {
      if (secret.getName().startsWith(CREDENTIAL)) {
        return secret.getName().substring(CREDENTIAL.length());
      }
    }
    return null;
  }

  private static CertificateValidationContext validation(CommonTlsContext common) {
    return common.hasCombinedValidationContext()
        ? common.getCombinedValidationContext().getDefaultValidationContext()
        : common.getValidationContext();
  }

  /** Envoy's validator for SPIFFE: each trust domain by its own roots, and no other domain. */
  private Map<String, String> bundles(CertificateValidationContext validation, FieldPath at)
      throws Rejection {
    if (!validation.hasCustomValidatorConfig()) {
      return Map.of();
    }
    FieldPath path = at.field("custom_validator_config").field("typed_config");
    Any config = validation.getCustomValidatorConfig().getTypedConfig();
    if (!config.is(SPIFFECertValidatorConfig.class)) {
      throw new Rejection(path, "must be a SPIFFECertValidatorConfig");
    }
    SPIFFECertValidatorConfig spiffe =
        decoding.unpack(config, SPIFFECertValidatorConfig.class, path);
    Map<String, String> bundles = new HashMap<>();
    for (int i = 0; i < spiffe.getTrustDomainsCount(); i++) {
      FieldPath domainAt = path.field("trust_domains", i);
      SPIFFECertValidatorConfig.TrustDomain domain = spiffe.getTrustDomains(i);
      String roots = inline(domain.getTrustBundle());
      if (domain.getName().isEmpty() || roots == null) {
        throw new Rejection(domainAt, "needs a name and roots");
      }
      checkCertificates(roots, domainAt.field("trust_bundle"));
      if (bundles.put(domain.getName(), roots) != null) {
        throw new Rejection(domainAt.field("name"), "is there twice");
      }
    }
    if (bundles.isEmpty()) {
      throw new Rejection(path.field("trust_domains"), "is empty: nobody would be believed");
    }
    return bundles;
  }

  /** Identities, which are URI names; whatever type the configuration says they have. */
  private List<StringMatch> peers(CertificateValidationContext validation, FieldPath at)
      throws Rejection {
    return names(validation, at).stream().map(SanMatch::text).toList();
  }

  @SuppressWarnings("deprecation") // the older field, which Istio still sends
  private List<SanMatch> names(CertificateValidationContext validation, FieldPath at)
      throws Rejection {
    MatchDecoder matches = new MatchDecoder(decoding);
    List<SanMatch> names = new ArrayList<>();
    for (int i = 0; i < validation.getMatchTypedSubjectAltNamesCount(); i++) {
      FieldPath path = at.field("match_typed_subject_alt_names", i);
      SubjectAltNameMatcher typed = validation.getMatchTypedSubjectAltNames(i);
      names.add(new SanMatch(type(typed, path), matches.string(typed.getMatcher(), path)));
    }
    for (int i = 0; i < validation.getMatchSubjectAltNamesCount(); i++) {
      names.add(
          new SanMatch(
              null,
              matches.string(
                  validation.getMatchSubjectAltNames(i), at.field("match_subject_alt_names", i))));
    }
    return names;
  }

  private static SanMatch.Type type(SubjectAltNameMatcher matcher, FieldPath path)
      throws Rejection {
    return switch (matcher.getSanType()) {
      case DNS -> SanMatch.Type.DNS;
      case URI -> SanMatch.Type.URI;
      case EMAIL -> SanMatch.Type.EMAIL;
      case IP_ADDRESS -> SanMatch.Type.IP_ADDRESS;
      default -> throw new Rejection(path.field("san_type"), "is not supported");
    };
  }

  private static void checkCertificates(String pem, FieldPath path) throws Rejection {
    try {
      if (!CertificateFactory.getInstance("X.509")
          .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)))
          .isEmpty()) {
        return;
      }
    } catch (CertificateException e) {
      // Said below; the cause would repeat what is wrong with single bytes.
    }
    throw new Rejection(path, "holds no certificates in PEM");
  }

  private static @Nullable String inline(DataSource source) {
    return switch (source.getSpecifierCase()) {
      case INLINE_STRING -> source.getInlineString();
      case INLINE_BYTES -> source.getInlineBytes().toStringUtf8();
      default -> null;
    };
  }
}
