package io.inmesh.server.compile;

import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig;

/**
 * Where an Envoy gets its certificate, key and roots: from an agent on its own machine, over SDS.
 * The names are those of Istio's agent and SPIRE's, which can stand in for ours.
 */
public final class EnvoySecrets {
  /** The cluster of the agent, in the Envoy's bootstrap. */
  public static final String AGENT = "sds-grpc";

  /** The certificate and its key. */
  public static final String IDENTITY = "default";

  /** The roots; those of other trust domains, too, where the mesh has any. */
  public static final String ROOTS = "ROOTCA";

  /** The roots of every trust domain that is believed, each for its own identities. */
  public static final String ALL_ROOTS = "ALL";

  private static final ConfigSource SOURCE =
      ConfigSource.newBuilder()
          .setResourceApiVersion(ApiVersion.V3)
          .setApiConfigSource(
              ApiConfigSource.newBuilder()
                  .setApiType(ApiConfigSource.ApiType.GRPC)
                  .setTransportApiVersion(ApiVersion.V3)
                  .addGrpcServices(
                      GrpcService.newBuilder()
                          .setEnvoyGrpc(GrpcService.EnvoyGrpc.newBuilder().setClusterName(AGENT))))
          .build();

  private EnvoySecrets() {}

  static SdsSecretConfig secret(String name) {
    return SdsSecretConfig.newBuilder().setName(name).setSdsConfig(SOURCE).build();
  }
}
