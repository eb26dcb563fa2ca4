package io.inmesh;

import io.inmesh.balance.PickerFactory;
import io.inmesh.control.HostResolver;
import io.inmesh.filter.FilterFactory;
import io.inmesh.model.Locality;
import io.inmesh.resilience.RetryCondition;
import io.inmesh.route.HashKey;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How a process joins the mesh. Immutable; made by {@link #builder}, from the environment, a YAML
 * file or a gRPC bootstrap. Each setting has one key in all of them, see {@link ConfigKey}.
 */
public final class MeshConfig {
  private final String controlServer;
  private final String service;
  private final String namespace;
  private final String version;
  private final String instance;
  private final String address;
  private final Map<String, String> labels;
  private final Locality locality;
  private final int weight;
  private final boolean insecure;
  private final @Nullable String token;
  private final @Nullable Path tokenFile;
  private final @Nullable Path kubernetesTokenFile;
  private final @Nullable Path oidcTokenFile;
  private final Set<String> rootPins;
  private final @Nullable Path identityDir;
  private final @Nullable Path credentialsDir;
  private final @Nullable String workloadApi;
  private final @Nullable Path stateDir;
  private final @Nullable String managementAddress;
  private final String domainSuffix;
  private final Set<String> dependencies;
  private final Set<String> meshHosts;
  private final @Nullable OutboundTrafficPolicy outboundTrafficPolicy;
  private final Duration readyTimeout;
  private final Duration drainTimeout;

  /** What happens to calls to hosts that the mesh does not know. */
  public enum OutboundTrafficPolicy {
    /** They are refused. */
    REGISTRY_ONLY,
    /** They go out directly. */
    ALLOW_ANY
  }

  private final List<FilterFactory> filters;
  private final Map<String, PickerFactory> balancers;
  private final Map<String, RetryCondition> retryConditions;
  private final Map<String, HashKey> hashKeys;
  private final OpenTelemetry openTelemetry;
  private final @Nullable HostResolver hostResolver;
  private final DoubleSupplier utilization;

  MeshConfig(SettingsReader settings, Builder application, OpenTelemetry openTelemetry) {
    filters = List.copyOf(application.filters);
    balancers = Map.copyOf(application.balancers);
    retryConditions = Map.copyOf(application.retryConditions);
    hashKeys = Map.copyOf(application.hashKeys);
    hostResolver = application.hostResolver;
    utilization = application.utilization;
    this.openTelemetry = openTelemetry;
    controlServer = settings.address(ConfigKey.CONTROL_SERVER);
    service = settings.dnsLabel(ConfigKey.SERVICE);
    namespace = settings.dnsLabel(ConfigKey.NAMESPACE);
    version = settings.text(ConfigKey.VERSION);
    instance = settings.instance();
    address = settings.ipOrEmpty(ConfigKey.ADDRESS);
    labels = settings.labels(version);
    locality = settings.locality();
    weight = settings.positive(ConfigKey.WEIGHT);
    insecure = settings.flag(ConfigKey.INSECURE);
    token = settings.optional(ConfigKey.TOKEN);
    tokenFile = settings.pathOrNull(ConfigKey.TOKEN_FILE);
    kubernetesTokenFile = settings.pathOrNull(ConfigKey.KUBERNETES_TOKEN_FILE);
    oidcTokenFile = settings.pathOrNull(ConfigKey.OIDC_TOKEN_FILE);
    rootPins = settings.pins();
    identityDir = settings.pathOrNull(ConfigKey.IDENTITY_DIR);
    credentialsDir = settings.pathOrNull(ConfigKey.CREDENTIALS_DIR);
    workloadApi = settings.optional(ConfigKey.WORKLOAD_API);
    stateDir = settings.pathOrNull(ConfigKey.STATE_DIR);
    managementAddress =
        settings.optional(ConfigKey.MANAGEMENT_ADDRESS) == null
            ? null
            : settings.address(ConfigKey.MANAGEMENT_ADDRESS);
    domainSuffix = settings.text(ConfigKey.DOMAIN_SUFFIX);
    dependencies = settings.set(ConfigKey.DEPENDENCIES);
    meshHosts = settings.set(ConfigKey.MESH_HOSTS);
    outboundTrafficPolicy = settings.policy();
    readyTimeout = settings.duration(ConfigKey.READY_TIMEOUT);
    drainTimeout = settings.duration(ConfigKey.DRAIN_TIMEOUT);
  }

  /** Begins with nothing but the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Where the control server is, {@code host:port}. */
  public String controlServer() {
    return controlServer;
  }

  /** The service this process is an instance of. */
  public String service() {
    return service;
  }

  /** The service's namespace. */
  public String namespace() {
    return namespace;
  }

  /** The version label; may be empty. */
  public String version() {
    return version;
  }

  /** The name of this instance. */
  public String instance() {
    return instance;
  }

  /** The IP address that others reach this process at; empty: what the control server sees. */
  public String address() {
    return address;
  }

  /** The labels of this instance, {@code app} and {@code version} filled in. */
  public Map<String, String> labels() {
    return labels;
  }

  /** Where this process runs. */
  public Locality locality() {
    return locality;
  }

  /** The share of load that this instance takes, relative to the others. */
  public int weight() {
    return weight;
  }

  /** Whether plaintext is spoken, to the control server and to peers. */
  public boolean insecure() {
    return insecure;
  }

  /** The join token; a secret. Null: none. */
  public @Nullable String token() {
    return token;
  }

  /** A file that holds the join token where {@link #token} does not; null: none. */
  public @Nullable Path tokenFile() {
    return tokenFile;
  }

  /** Where Kubernetes keeps a service account token to join with; null: nowhere. */
  public @Nullable Path kubernetesTokenFile() {
    return kubernetesTokenFile;
  }

  /** Where something keeps an OpenID Connect token to join with; null: nowhere. */
  public @Nullable Path oidcTokenFile() {
    return oidcTokenFile;
  }

  /** SHA-256 of the public keys of the mesh's roots, in hex, for joining with a token file. */
  public Set<String> rootPins() {
    return rootPins;
  }

  /** Where something else writes and renews certificate, key and roots; null: nowhere. */
  public @Nullable Path identityDir() {
    return identityDir;
  }

  /**
   * Where the credentials are that a DestinationRule's {@code credentialName} may name: each
   * directory in it holds certificate and key of one, roots if there are any; null: nowhere.
   */
  public @Nullable Path credentialsDir() {
    return credentialsDir;
  }

  /** The SPIFFE Workload API's socket, used if there is nothing to join with; null: none. */
  public @Nullable String workloadApi() {
    return workloadApi;
  }

  /** Where state that survives a restart is kept; null: nowhere. */
  public @Nullable Path stateDir() {
    return stateDir;
  }

  /** Where probes are answered in plaintext, {@code host:port}; null: nowhere. */
  public @Nullable String managementAddress() {
    return managementAddress;
  }

  /** What mesh names end with. */
  public String domainSuffix() {
    return domainSuffix;
  }

  /** Authorities whose configuration is fetched before the first call and awaited for readiness. */
  public Set<String> dependencies() {
    return dependencies;
  }

  /** Further hosts that are mesh names. */
  public Set<String> meshHosts() {
    return meshHosts;
  }

  /**
   * What happens to calls to unknown hosts, whatever the control server says; null: what it says,
   * and they are refused where it says nothing.
   */
  public @Nullable OutboundTrafficPolicy outboundTrafficPolicy() {
    return outboundTrafficPolicy;
  }

  /** How long a call without deadline waits for its configuration. */
  public Duration readyTimeout() {
    return readyTimeout;
  }

  /** How long a drain may take. */
  public Duration drainTimeout() {
    return drainTimeout;
  }

  /** Load balancers that the application brings, by name. */
  public Map<String, PickerFactory> balancers() {
    return balancers;
  }

  /** Conditions of retries that the application brings, by name. */
  public Map<String, RetryCondition> retryConditions() {
    return retryConditions;
  }

  /** What the application hashes requests by, by name. */
  public Map<String, HashKey> hashKeys() {
    return hashKeys;
  }

  /** Types of filters that the application brings. */
  public List<FilterFactory> filters() {
    return filters;
  }

  /** Where metrics and spans go. */
  public OpenTelemetry openTelemetry() {
    return openTelemetry;
  }

  /** Who finds the addresses of hosts outside the mesh; null: the operating system. */
  public @Nullable HostResolver hostResolver() {
    return hostResolver;
  }

  /** How full the application is by its own account; 0: it has none. */
  public DoubleSupplier utilization() {
    return utilization;
  }

  /** Without secrets. */
  @Override
  public String toString() {
    return "MeshConfig["
        + service
        + "."
        + namespace
        + "/"
        + instance
        + " at "
        + controlServer
        + (insecure ? ", insecure" : "")
        + (token == null ? "" : ", with a token")
        + "]";
  }

  /**
   * Collects settings. What the builder's methods set wins over the environment, that over a YAML
   * file, that over a gRPC bootstrap, that over the defaults. Confined to one thread.
   */
  public static final class Builder {
    private final ConfigLayers layers = new ConfigLayers();
    private final List<FilterFactory> filters = new ArrayList<>();
    private final Map<String, PickerFactory> balancers = new HashMap<>();
    private final Map<String, RetryCondition> retryConditions = new HashMap<>();
    private final Map<String, HashKey> hashKeys = new HashMap<>();
    private @Nullable OpenTelemetry openTelemetry;
    private @Nullable HostResolver hostResolver;
    private DoubleSupplier utilization = () -> 0;

    Builder() {}

    /** Reads {@code INMESH_…} of this process, and the files that they name. */
    public Builder environment() {
      return environment(System.getenv());
    }

    /** Reads {@code INMESH_…} and gRPC's bootstrap variables of the given environment. */
    public Builder environment(Map<String, String> variables) {
      layers.environment(variables);
      return this;
    }

    /** Reads a YAML file. */
    public Builder file(Path path) {
      layers.file(path);
      return this;
    }

    /** Whether the service has a name by now, from whatever source. */
    public boolean hasService() {
      return layers.find(ConfigKey.SERVICE) != null;
    }

    /** {@code host:port} of the control server. */
    public Builder controlServer(String value) {
      return set(ConfigKey.CONTROL_SERVER, value);
    }

    /** The service this process is an instance of. */
    public Builder service(String value) {
      return set(ConfigKey.SERVICE, value);
    }

    /** The service's namespace. */
    public Builder namespace(String value) {
      return set(ConfigKey.NAMESPACE, value);
    }

    /** The version label. */
    public Builder version(String value) {
      return set(ConfigKey.VERSION, value);
    }

    /** The name of this instance. */
    public Builder instance(String value) {
      return set(ConfigKey.INSTANCE, value);
    }

    /** The IP address that others reach this process at. */
    public Builder address(String value) {
      return set(ConfigKey.ADDRESS, value);
    }

    /** Replaces the labels. */
    public Builder labels(Map<String, String> value) {
      return set(
          ConfigKey.LABELS,
          value.entrySet().stream()
              .map(entry -> entry.getKey() + "=" + entry.getValue())
              .collect(Collectors.joining(",")));
    }

    /** {@code region/zone/subzone}, the latter parts optional. */
    public Builder locality(String value) {
      return set(ConfigKey.LOCALITY, value);
    }

    /** Where this process runs. */
    public Builder locality(Locality value) {
      return locality(value.region() + "/" + value.zone() + "/" + value.subzone());
    }

    /** The share of load, relative to other instances. */
    public Builder weight(int value) {
      return set(ConfigKey.WEIGHT, Integer.toString(value));
    }

    /** Speaks plaintext. */
    public Builder insecure(boolean value) {
      return set(ConfigKey.INSECURE, Boolean.toString(value));
    }

    /** The join token. */
    public Builder token(String value) {
      return set(ConfigKey.TOKEN, value);
    }

    /** A file that holds the join token, so that command lines and environments do not. */
    public Builder tokenFile(Path value) {
      return set(ConfigKey.TOKEN_FILE, value.toString());
    }

    /** A service account token that Kubernetes keeps fresh, instead of a join token. */
    public Builder kubernetesTokenFile(Path value) {
      return set(ConfigKey.KUBERNETES_TOKEN_FILE, value.toString());
    }

    /** An OpenID Connect token that something keeps fresh, instead of a join token. */
    public Builder oidcTokenFile(Path value) {
      return set(ConfigKey.OIDC_TOKEN_FILE, value.toString());
    }

    /** SHA-256 of the public keys of the mesh's roots, in hex; a join token has them itself. */
    public Builder rootPins(Collection<String> value) {
      return set(ConfigKey.ROOT_PINS, String.join(",", value));
    }

    /** Where something else writes and renews certificate, key and roots. */
    public Builder identityDir(Path value) {
      return set(ConfigKey.IDENTITY_DIR, value.toString());
    }

    /** Where the credentials for servers outside the mesh are, a directory for each. */
    public Builder credentialsDir(Path value) {
      return set(ConfigKey.CREDENTIALS_DIR, value.toString());
    }

    /** The SPIFFE Workload API's socket, {@code unix:///path}. */
    public Builder workloadApi(String value) {
      return set(ConfigKey.WORKLOAD_API, value);
    }

    /** Where state that survives a restart is kept. */
    public Builder stateDir(Path value) {
      return set(ConfigKey.STATE_DIR, value.toString());
    }

    /**
     * {@code host:port} where {@code /livez} and {@code /readyz} are answered in plaintext, for
     * probes that hold no certificate.
     */
    public Builder managementAddress(String value) {
      return set(ConfigKey.MANAGEMENT_ADDRESS, value);
    }

    /** What mesh names end with. */
    public Builder domainSuffix(String value) {
      return set(ConfigKey.DOMAIN_SUFFIX, value);
    }

    /** Authorities whose configuration is fetched at the start. */
    public Builder dependencies(Collection<String> value) {
      return set(ConfigKey.DEPENDENCIES, String.join(",", value));
    }

    /** Further hosts that are mesh names. */
    public Builder meshHosts(Collection<String> value) {
      return set(ConfigKey.MESH_HOSTS, String.join(",", value));
    }

    /**
     * What happens to calls to unknown hosts, whatever the control server says; by default what it
     * says, and they are refused where it says nothing.
     */
    public Builder outboundTrafficPolicy(OutboundTrafficPolicy value) {
      return set(ConfigKey.OUTBOUND_TRAFFIC_POLICY, value.name());
    }

    /** How long a call without deadline waits for its configuration. */
    public Builder readyTimeout(Duration value) {
      return set(ConfigKey.READY_TIMEOUT, value.toMillis() + "ms");
    }

    /** How long a drain may take. */
    public Builder drainTimeout(Duration value) {
      return set(ConfigKey.DRAIN_TIMEOUT, value.toMillis() + "ms");
    }

    /** Adds a load balancer, so that the control server can choose it by its name. */
    public Builder balancer(String name, PickerFactory value) {
      balancers.put(name, value);
      return this;
    }

    /** Adds a condition of retries, so that a {@code RoutePolicy} can name it. */
    public Builder retryCondition(String name, RetryCondition value) {
      retryConditions.put(name, value);
      return this;
    }

    /** Adds what requests may be hashed by, so that a {@code RoutePolicy} can name it. */
    public Builder hashKey(String name, HashKey value) {
      hashKeys.put(name, value);
      return this;
    }

    /** Adds a type of filter, so that the control server can configure it. */
    public Builder filter(FilterFactory value) {
      filters.add(value);
      return this;
    }

    /** Where metrics and spans go; by default the process's global OpenTelemetry. */
    public Builder openTelemetry(OpenTelemetry value) {
      openTelemetry = value;
      return this;
    }

    /** Who finds the addresses of hosts outside the mesh; by default the operating system. */
    public Builder hostResolver(HostResolver value) {
      hostResolver = value;
      return this;
    }

    /**
     * How full the application is by its own account, 1 is full: where something else than
     * processors is what runs out. Callers that balance by utilisation (ORCA) hear of it; by
     * default of the share of processors in use. Asked once a second at most, by any thread.
     */
    public Builder utilization(DoubleSupplier value) {
      utilization = value;
      return this;
    }

    /**
     * The configuration.
     *
     * @throws IllegalArgumentException naming the setting, where it comes from and what is expected
     */
    public MeshConfig build() {
      return new MeshConfig(
          new SettingsReader(layers::find),
          this,
          openTelemetry == null ? GlobalOpenTelemetry.getOrNoop() : openTelemetry);
    }

    /** Builds and joins. */
    public Mesh start() {
      return Mesh.start(build());
    }

    private Builder set(ConfigKey key, String value) {
      layers.set(key, value);
      return this;
    }
  }
}
