package io.inmesh.spring;

import io.inmesh.MeshConfig.OutboundTrafficPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The mesh, as an application's properties describe it. What is not set comes from the environment
 * ({@code INMESH_…}).
 *
 * @param enabled whether the application joins the mesh
 * @param controlServer address of the control server, host:port
 * @param service name of this service; by default spring.application.name
 * @param namespace namespace of this service
 * @param version version of this instance, its label "version"
 * @param instance name of this instance; by default made from host name and process id
 * @param address IP address others reach this instance at; by default what the control server sees
 * @param labels labels of this instance
 * @param locality where this instance runs, region/zone/subzone
 * @param weight share of load, relative to other instances
 * @param insecure talk plaintext, to the control server and to peers
 * @param token join token of this service
 * @param tokenFile file that holds the join token instead
 * @param kubernetesTokenFile projected service account token to join with, read anew each time
 * @param oidcTokenFile OpenID Connect token to join with, read anew each time
 * @param identityDir directory with certificate, key and roots that something else renews
 * @param credentialsDir directory of directories with certificate and key, each a credential that a
 *     DestinationRule may name
 * @param workloadApi SPIFFE Workload API's socket, unix:///path
 * @param rootPins SHA-256 of the mesh's root keys in hex; with a token file only
 * @param stateDir directory for what survives a restart
 * @param managementAddress host:port where probes are answered in plaintext
 * @param domainSuffix what mesh names end with
 * @param dependencies authorities whose configuration is fetched at the start
 * @param meshHosts further hosts that are mesh names
 * @param outboundTrafficPolicy what happens to hosts outside the mesh that are called through it
 * @param readyTimeout how long a call without deadline waits for its configuration
 * @param drainTimeout how long a shutdown waits for the callers to take note
 * @param outbound calls that the application makes
 * @param registration how this instance appears in the mesh
 * @param server requests that arrive
 */
@ConfigurationProperties("inmesh")
record MeshProperties(
    @DefaultValue("true") boolean enabled,
    @Nullable String controlServer,
    @Nullable String service,
    @Nullable String namespace,
    @Nullable String version,
    @Nullable String instance,
    @Nullable String address,
    @Nullable Map<String, String> labels,
    @Nullable String locality,
    @Nullable Integer weight,
    @Nullable Boolean insecure,
    @Nullable String token,
    @Nullable Path tokenFile,
    @Nullable Path kubernetesTokenFile,
    @Nullable Path oidcTokenFile,
    @Nullable Path identityDir,
    @Nullable Path credentialsDir,
    @Nullable String workloadApi,
    @Nullable List<String> rootPins,
    @Nullable Path stateDir,
    @Nullable String managementAddress,
    @Nullable String domainSuffix,
    @Nullable List<String> dependencies,
    @Nullable List<String> meshHosts,
    @Nullable OutboundTrafficPolicy outboundTrafficPolicy,
    @Nullable Duration readyTimeout,
    @Nullable Duration drainTimeout,
    @DefaultValue Outbound outbound,
    @DefaultValue Registration registration,
    @DefaultValue Server server) {
  /**
   * Calls that the application makes.
   *
   * @param enabled whether Spring's HTTP clients send mesh names through the mesh; other hosts
   *     always go the way they went before
   */
  record Outbound(@DefaultValue("true") boolean enabled) {}

  /**
   * How this instance appears in the mesh.
   *
   * @param enabled whether it registers with its web server's port
   * @param port the port that callers name
   */
  record Registration(@DefaultValue("true") boolean enabled, @DefaultValue("80") int port) {}

  /**
   * Requests that arrive.
   *
   * @param tls whether the web server is secured with the process's identity, unless server.ssl
   *     says how; false where nobody is to use TLS
   */
  record Server(@DefaultValue("true") boolean tls) {}

  MeshProperties {
    labels = labels == null ? null : new LinkedHashMap<>(labels);
  }

  /** Without the token. */
  @Override
  public String toString() {
    return "MeshProperties[controlServer=" + controlServer + ", service=" + service + "]";
  }
}
