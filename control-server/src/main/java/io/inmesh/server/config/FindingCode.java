package io.inmesh.server.config;

import io.inmesh.server.config.Finding.Level;

/**
 * The stable codes of findings; {@code docs/findings.md} explains each. 10xx files, 11xx the
 * envelope, 12xx the schema, 13xx rules of one object, 14xx support, 15xx admission, 16xx the
 * certificate authority, 2xxx relations between objects (added by the compiler of routes).
 */
public enum FindingCode {
  // 20xx: relations between objects, found by the compiler
  /** Two objects declare the same host. */
  DUPLICATE_SERVICE("IM2001", Level.ERROR),
  /** A ServiceEntry has a host that stands for many names. */
  WILDCARD_HOST("IM2002", Level.WARNING),
  /** A static endpoint is not an IP address. */
  ENDPOINT_NOT_IP("IM2003", Level.ERROR),
  /** No workload carries the labels a service selects. */
  SELECTS_NOTHING("IM2004", Level.INFO),
  /** A port's protocol is not one the mesh routes. */
  PORT_NOT_ROUTED("IM2005", Level.INFO),
  /** Instances registered under a Service's name without the labels it selects. */
  INSTANCE_NOT_SELECTED("IM2006", Level.WARNING),
  /** A backend names something that does not exist. */
  BACKEND_NOT_FOUND("IM2010", Level.ERROR),
  /** A backend names a port the service does not have. */
  BACKEND_PORT_NOT_FOUND("IM2011", Level.ERROR),
  /** A backend is of a kind that cannot be one. */
  BACKEND_KIND("IM2012", Level.ERROR),
  /** A backend in another namespace that no ReferenceGrant allows. */
  BACKEND_NOT_GRANTED("IM2013", Level.ERROR),
  /** A rule sends requests nowhere: no backends, or all weights are zero. */
  RULE_WITHOUT_BACKEND("IM2014", Level.WARNING),
  /** A rule uses a filter that is not served, so that its requests are refused. */
  FILTER_NOT_SERVED("IM2015", Level.ERROR),
  /** A parent does not exist. */
  PARENT_NOT_FOUND("IM2020", Level.WARNING),
  /** A parent exists, but not the port the route names. */
  PARENT_PORT_NOT_FOUND("IM2021", Level.WARNING),
  /** None of a route's parents is ours and exists: the route has no effect. */
  ROUTE_WITHOUT_PARENT("IM2022", Level.WARNING),
  /** An HTTPRoute on a port that also has a GRPCRoute, which wins. */
  ROUTE_CONFLICTED("IM2023", Level.ERROR),
  /** A match that never decides, because another one takes all its requests first. */
  MATCH_UNREACHABLE("IM2024", Level.WARNING),
  /** A policy names something that does not exist. */
  POLICY_TARGET_NOT_FOUND("IM2030", Level.WARNING),
  /** Another policy on the same target wins. */
  POLICY_CONFLICTED("IM2031", Level.ERROR),
  /** A route says itself what a policy wants to say; the route wins. */
  POLICY_OVERRULED("IM2032", Level.WARNING),
  /** A DestinationRule's host is no service of the mesh (Istio's IST0174). */
  DESTINATION_HOST_NOT_FOUND("IM2040", Level.WARNING),
  /** A subset has no endpoints (Istio's IST0173). */
  SUBSET_EMPTY("IM2041", Level.WARNING),
  /** Another DestinationRule for the same host in the same namespace is older and wins. */
  DESTINATION_RULE_CONFLICTED("IM2042", Level.WARNING),
  /** A DestinationRule sets a port that its host does not have. */
  DESTINATION_PORT_NOT_FOUND("IM2043", Level.WARNING),
  /** What a RoutePolicy and a DestinationRule say about choosing endpoints does not go together. */
  BALANCER_INEFFECTIVE("IM2044", Level.WARNING),
  /** A service cannot take another one's calls over. */
  FAILOVER_NOT_POSSIBLE("IM2097", Level.WARNING),

  /** An older VirtualService for the same host and callers wins. */
  VIRTUAL_SERVICE_CONFLICTED("IM2070", Level.ERROR),
  /** A VirtualService's host is no service of the mesh. */
  VIRTUAL_SERVICE_HOST_NOT_FOUND("IM2071", Level.WARNING),
  /** A VirtualService on a port that also has a route of Gateway API, which wins. */
  VIRTUAL_SERVICE_OVERRULED("IM2072", Level.ERROR),
  /** Rules are delegated to what does not exist or may not be seen. */
  DELEGATE_NOT_FOUND("IM2073", Level.ERROR),
  /** A delegate's condition is not within that of its root. */
  DELEGATE_CONFLICT("IM2074", Level.ERROR),
  /** A destination is a subset that no DestinationRule declares for these callers. */
  SUBSET_NOT_FOUND("IM2075", Level.ERROR),
  /** Trusted roots that are named do not exist, so that calls fail. */
  ROOTS_NOT_FOUND("IM2065", Level.ERROR),

  /** A policy asks for what its target's clients cannot tell, so that they refuse everything. */
  POLICY_NOT_ENFORCEABLE("IM2033", Level.INFO),
  /** A policy asks what tokens say, but nobody says whose tokens count. */
  TOKEN_NOT_AUTHENTICATED("IM2034", Level.WARNING),
  /** A policy lets somebody decide who is not declared, so that its requests are refused. */
  PROVIDER_NOT_FOUND("IM2035", Level.ERROR),
  /** The service of a provider that decides about requests does not exist. */
  PROVIDER_UNREACHABLE("IM2060", Level.WARNING),
  /** A CUSTOM policy selects the workloads of its own provider, which would ask themselves. */
  PROVIDER_ASKS_ITSELF("IM2016", Level.WARNING),
  /** A policy names a route that no server of its namespace serves. */
  ROUTE_NOT_SERVED("IM2061", Level.WARNING),
  /** Stock gRPC servers cannot serve TLS and plaintext on one port. */
  PERMISSIVE_NOT_FOR_GRPC("IM2062", Level.INFO),

  // 10xx: files
  /** The directory cannot be read. */
  DIRECTORY_UNREADABLE("IM1001", Level.ERROR),
  /** A file cannot be read. */
  FILE_UNREADABLE("IM1002", Level.ERROR),
  /** A file is larger than the limit, or there are too many. */
  FILE_LIMIT("IM1003", Level.ERROR),
  /** A file is not YAML or JSON. */
  SYNTAX("IM1004", Level.ERROR),
  /** A mapping has the same key twice. */
  DUPLICATE_FIELD("IM1005", Level.ERROR),
  /** A document is nested too deeply or too large, or uses tags or too many aliases. */
  DOCUMENT_LIMIT("IM1006", Level.ERROR),
  /** A file that held objects is empty. */
  FILE_EMPTIED("IM1007", Level.WARNING),

  // 11xx: the envelope
  /** A document is not an object with apiVersion, kind and metadata. */
  NOT_AN_OBJECT("IM1101", Level.ERROR),
  /** No such kind. */
  UNKNOWN_KIND("IM1102", Level.ERROR),
  /** The kind exists, but not in this group or version. */
  UNKNOWN_API_VERSION("IM1103", Level.ERROR),
  /** A name or namespace is missing or malformed. */
  BAD_NAME("IM1104", Level.ERROR),
  /** A namespace on an object that belongs to the whole mesh. */
  NAMESPACE_IGNORED("IM1105", Level.WARNING),
  /** Two objects have the same kind, namespace and name. */
  DUPLICATE_OBJECT("IM1106", Level.ERROR),

  // 12xx: the schema
  /** A value has the wrong type. */
  WRONG_TYPE("IM1201", Level.ERROR),
  /** A field that must be there is missing. */
  REQUIRED("IM1202", Level.ERROR),
  /** A field the kind does not have. */
  UNKNOWN_FIELD("IM1203", Level.ERROR),
  /** A value is none of those allowed. */
  NOT_ALLOWED("IM1204", Level.ERROR),
  /** A string does not have the expected form. */
  BAD_FORMAT("IM1205", Level.ERROR),
  /** A number is out of range. */
  OUT_OF_RANGE("IM1206", Level.ERROR),
  /** A list or mapping has too few or too many entries. */
  BAD_SIZE("IM1207", Level.ERROR),

  // 13xx: rules of one object
  /** An invalid regular expression. */
  BAD_REGEX("IM1301", Level.ERROR),
  /** The weights of a rule sum to zero. */
  WEIGHTS_ZERO("IM1302", Level.ERROR),
  /** Something is in a list twice. */
  DUPLICATE_ENTRY("IM1303", Level.ERROR),
  /** A narrower limit of time is longer than a wider one. */
  TIME_ORDER("IM1304", Level.ERROR),
  /** Fields that exclude or need one another. */
  CONTRADICTION("IM1305", Level.ERROR),
  /** No such retry condition. */
  UNKNOWN_RETRY_TOKEN("IM1306", Level.ERROR),
  /** More than one MeshDefaults. */
  SECOND_MESH_DEFAULTS("IM1307", Level.ERROR),
  /** A match that is there twice: the later one is never reached. */
  UNREACHABLE_MATCH("IM1308", Level.WARNING),
  /** A field that can have no effect as written. */
  INEFFECTIVE("IM1309", Level.WARNING),
  /** Host names on a route whose parent is a Service. */
  HOSTNAMES_IGNORED("IM1310", Level.WARNING),
  /** A parent that is not ours, for example a Gateway. */
  PARENT_IGNORED("IM1311", Level.INFO),
  /** A reference without the group it needs. */
  GROUP_ASSUMED("IM1312", Level.WARNING),
  /** Locality settings that need outlier detection, which is not configured. */
  LOCALITY_WITHOUT_OUTLIERS("IM1313", Level.WARNING),
  /** Settings of TLS that stock gRPC clients and servers do not take. */
  TLS_NOT_FOR_GRPC("IM1314", Level.INFO),

  /** A file of the callers' hosts, which configuration may not have them read. */
  FILE_REFERENCE("IM1365", Level.ERROR),
  /** Whoever answers would be believed. */
  PEER_NOT_VERIFIED("IM1366", Level.ERROR),

  /** Keys of token issuers at an address that nothing is fetched from. */
  JWKS_ADDRESS("IM1320", Level.ERROR),
  /** Keys of token issuers that are fetched in plaintext. */
  JWKS_PLAINTEXT("IM1321", Level.WARNING),
  /** A key set with keys that must stay secret. */
  JWKS_SECRET("IM1322", Level.ERROR),
  /** A key set that is too large, holds a key that is, or has none that can be used. */
  JWKS_UNUSABLE("IM1380", Level.ERROR),

  // 14xx: support
  /** Accepted and checked, but not yet supported. */
  NOT_YET_SUPPORTED("IM1401", Level.WARNING),
  /** Means nothing to an embedded data plane. */
  NO_EFFECT("IM1402", Level.INFO),
  /** Cannot work in an embedded data plane. */
  NOT_APPLICABLE("IM1403", Level.ERROR),
  /** A kind of another mesh or of Kubernetes that is skipped. */
  KIND_SKIPPED("IM1404", Level.INFO),

  // 15xx: admission
  /** The previous valid version of an object stays in force. */
  KEPT_PREVIOUS("IM1501", Level.WARNING),
  /** A security policy that was never valid: whoever it selects refuses every request. */
  BROKEN_POLICY("IM1560", Level.ERROR),
  /** Strict: the whole generation was refused. */
  GENERATION_REFUSED("IM1502", Level.ERROR),
  /** What was valid before the restart cannot be read. */
  STATE_UNREADABLE("IM1503", Level.WARNING),
  /** What is valid cannot be written down. */
  STATE_UNWRITABLE("IM1504", Level.WARNING),

  // 16xx: the certificate authority
  /** The certificate that signs for workloads ends before long. */
  SIGNER_ENDS("IM1655", Level.WARNING),
  /** The certificate that signs for workloads has ended. */
  SIGNER_ENDED("IM1656", Level.ERROR),
  /** The root ends before long. */
  ROOT_ENDS("IM1657", Level.WARNING),
  /** Files of a plugged-in authority have changed to something that cannot be signed with. */
  PLUGGED_IN_REFUSED("IM1658", Level.ERROR);

  private final String id;
  private final Level level;

  FindingCode(String id, Level level) {
    this.id = id;
    this.level = level;
  }

  /** The stable identifier, for example {@code IM1203}. */
  public String id() {
    return id;
  }

  /** The usual level. */
  public Level level() {
    return level;
  }
}
