package io.inmesh.server.config;

/** The typed {@code spec} of an object: one record for each {@link Kind}. */
public sealed interface Spec
    permits ServiceSpec,
        ServiceEntrySpec,
        DestinationRuleSpec,
        VirtualServiceSpec,
        BackendTrafficPolicySpec,
        WorkloadEntrySpec,
        RouteSpec,
        ReferenceGrantSpec,
        BackendTlsPolicySpec,
        ConfigMapSpec,
        AuthorizationPolicySpec,
        BrokenPolicySpec,
        PeerAuthenticationSpec,
        RequestAuthenticationSpec,
        MeshDefaultsSpec,
        RoutePolicySpec {}
