package io.inmesh.spring;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
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
 * @param token join token of this service
 * @param stateDir directory for what survives a restart
 * @param insecure talk plaintext, to the control server and to peers
 * @param labels labels of this instance
 * @param locality where this instance runs, region/zone/subzone
 * @param outbound calls that the application makes
 * @param registration how this instance appears in the mesh
 */
@ConfigurationProperties("inmesh")
record MeshProperties(
    @DefaultValue("true") boolean enabled,
    @Nullable String controlServer,
    @Nullable String service,
    @Nullable String namespace,
    @Nullable String version,
    @Nullable String token,
    @Nullable Path stateDir,
    @Nullable Boolean insecure,
    @Nullable Map<String, String> labels,
    @Nullable String locality,
    @DefaultValue Outbound outbound,
    @DefaultValue Registration registration) {
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
   * @param address the address that callers reach; by default what the control server sees
   * @param drainTimeout how long a shutdown waits for the mesh to take note
   */
  record Registration(
      @DefaultValue("true") boolean enabled,
      @DefaultValue("80") int port,
      @Nullable String address,
      @DefaultValue("5s") Duration drainTimeout) {}

  MeshProperties {
    labels = labels == null ? null : new LinkedHashMap<>(labels);
  }

  /** Without the token. */
  @Override
  public String toString() {
    return "MeshProperties[controlServer=" + controlServer + ", service=" + service + "]";
  }
}
