package io.inmesh.server.cli;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.secret.v3.SecretDiscoveryServiceGrpc;
import io.grpc.stub.StreamObserver;
import io.inmesh.control.ControlLoop;
import io.inmesh.identity.Svid;
import io.inmesh.identity.TlsMaterial;
import io.inmesh.server.compile.EnvoySecrets;
import java.lang.System.Logger.Level;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * SDS, state of the world: certificate and key as {@value EnvoySecrets#IDENTITY}, roots as {@value
 * EnvoySecrets#ROOTS} and, always by trust domain, as {@value EnvoySecrets#ALL_ROOTS}; again
 * whenever they change. State lives on the control loop.
 */
final class SecretService extends SecretDiscoveryServiceGrpc.SecretDiscoveryServiceImplBase {
  private static final System.Logger LOG = System.getLogger(SecretService.class.getName());
  private static final String TYPE = "type.googleapis.com/" + Secret.getDescriptor().getFullName();

  private final TlsMaterial material;
  private final ControlLoop loop;
  private final Set<Stream> streams = new HashSet<>();
  private long version = 1;

  SecretService(TlsMaterial material, ControlLoop loop) {
    this.material = material;
    this.loop = loop;
    var unused = material.watch(() -> loop.execute(this::changed));
  }

  private void changed() {
    version++;
    streams.forEach(Stream::send);
  }

  @Override
  public StreamObserver<DiscoveryRequest> streamSecrets(StreamObserver<DiscoveryResponse> to) {
    return new Stream(to);
  }

  private @Nullable Secret secret(String name) {
    Svid svid = material.svid();
    if (svid == null) {
      return null; // sent as soon as there is one
    }
    Secret.Builder secret = Secret.newBuilder().setName(name);
    if (name.equals(EnvoySecrets.IDENTITY)) {
      return secret
          .setTlsCertificate(
              TlsCertificate.newBuilder()
                  .setCertificateChain(certificates(svid.chain()))
                  .setPrivateKey(pem("PRIVATE KEY", svid.key().getEncoded())))
          .build();
    }
    Map<String, Set<X509Certificate>> roots = material.bundle().roots();
    if (name.equals(EnvoySecrets.ROOTS)) {
      Set<X509Certificate> own = roots.getOrDefault(svid.id().trustDomain(), Set.of());
      return secret.setValidationContext(roots.size() > 1 ? domains(roots) : sole(own)).build();
    }
    if (name.equals(EnvoySecrets.ALL_ROOTS)) {
      return secret.setValidationContext(domains(roots)).build();
    }
    LOG.log(Level.WARNING, "the Envoy asks for the secret ''{0}'', which is not known", name);
    return null;
  }

  private static CertificateValidationContext sole(Set<X509Certificate> roots) {
    return CertificateValidationContext.newBuilder().setTrustedCa(certificates(roots)).build();
  }

  /** With more than one list of roots, each must speak for its own trust domain alone. */
  private static CertificateValidationContext domains(Map<String, Set<X509Certificate>> roots) {
    SPIFFECertValidatorConfig.Builder config = SPIFFECertValidatorConfig.newBuilder();
    new TreeMap<>(roots)
        .forEach(
            (domain, own) ->
                config.addTrustDomains(
                    SPIFFECertValidatorConfig.TrustDomain.newBuilder()
                        .setName(domain)
                        .setTrustBundle(certificates(own))));
    return CertificateValidationContext.newBuilder()
        .setCustomValidatorConfig(
            TypedExtensionConfig.newBuilder()
                .setName("envoy.tls.cert_validator.spiffe")
                .setTypedConfig(Any.pack(config.build())))
        .build();
  }

  private static DataSource certificates(Collection<X509Certificate> certificates) {
    ByteString.Output text = ByteString.newOutput();
    for (X509Certificate certificate : certificates) {
      try {
        pem("CERTIFICATE", certificate.getEncoded()).getInlineBytes().writeTo(text);
      } catch (CertificateEncodingException | java.io.IOException e) {
        throw new IllegalStateException(e);
      }
    }
    return DataSource.newBuilder().setInlineBytes(text.toByteString()).build();
  }

  private static DataSource pem(String what, byte[] der) {
    String text =
        "-----BEGIN "
            + what
            + "-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
            + "\n-----END "
            + what
            + "-----\n";
    return DataSource.newBuilder().setInlineBytes(ByteString.copyFromUtf8(text)).build();
  }

  /** One subscription; its callbacks move to the control loop. */
  private final class Stream implements StreamObserver<DiscoveryRequest> {
    private final StreamObserver<DiscoveryResponse> to;
    private Set<String> names = Set.of();

    Stream(StreamObserver<DiscoveryResponse> to) {
      this.to = to;
    }

    @Override
    public void onNext(DiscoveryRequest request) {
      loop.execute(() -> asked(request));
    }

    private void asked(DiscoveryRequest request) {
      streams.add(this);
      if (request.hasErrorDetail()) {
        LOG.log(
            Level.WARNING,
            "the Envoy refuses its secrets: {0}",
            request.getErrorDetail().getMessage());
      }
      Set<String> asked = Set.copyOf(request.getResourceNamesList());
      if (!asked.equals(names)) {
        names = asked;
        send();
      }
    }

    void send() {
      DiscoveryResponse.Builder response = DiscoveryResponse.newBuilder();
      for (String name : names) {
        Secret secret = secret(name);
        if (secret != null) {
          response.addResources(Any.pack(secret));
        }
      }
      if (response.getResourcesCount() > 0) {
        String now = String.valueOf(version);
        to.onNext(response.setTypeUrl(TYPE).setVersionInfo(now).setNonce(now).build());
      }
    }

    @Override
    public void onError(Throwable failure) {
      loop.execute(() -> streams.remove(this));
    }

    @Override
    public void onCompleted() {
      loop.execute(() -> streams.remove(this));
      to.onCompleted();
    }
  }
}
