package io.inmesh.server.config;

/** One valid object of every kind, with every field that is read. */
final class Samples {

  static final String ALL =
      """
      apiVersion: v1
      kind: Service
      metadata:
        name: orders
        namespace: shop
        labels: {team: red}
        annotations: {note: "a b"}
        creationTimestamp: "2026-01-31T12:00:00Z"
      spec:
        selector: {app: orders}
        type: ClusterIP
        clusterIP: None
        publishNotReadyAddresses: true
        trafficDistribution: PreferClose
        ports:
        - name: http
          port: 80
          targetPort: web
          appProtocol: http
        - name: grpc
          port: 9090
          targetPort: 9091
          protocol: TCP
      ---
      apiVersion: networking.istio.io/v1
      kind: ServiceEntry
      metadata: {name: ext}
      spec:
        hosts: [api.example.com, "*.example.org"]
        addresses: [240.0.0.1]
        location: MESH_EXTERNAL
        resolution: STATIC
        exportTo: ["*"]
        subjectAltNames: [spiffe://a/b]
        ports:
        - {number: 443, name: tls, protocol: https, targetPort: 8443}
        endpoints:
        - address: "2001:db8::1"
          ports: {tls: 9443}
          labels: {app: ext}
          locality: eu/a/1
          weight: 3
          network: n
          serviceAccount: ext
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: BackendTLSPolicy
      metadata: {name: orders}
      spec:
        targetRefs: [{group: "", kind: Service, name: orders, sectionName: http}]
        validation:
          caCertificateRefs: [{group: "", kind: ConfigMap, name: trusted}]
          hostname: orders.example.com
          subjectAltNames: [{type: Hostname, hostname: orders.example.com}, {type: URI, uri: "spiffe://a/b"}]
      ---
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: trusted}
      data:
        other: text
      ---
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: {name: orders}
      spec:
        host: orders
        exportTo: ["."]
        trafficPolicy:
          tls: {mode: SIMPLE, sni: orders.example.com, subjectAltNames: [orders.example.com], credentialName: trusted}
          loadBalancer:
            simple: LEAST_REQUEST
            warmup: {duration: 1m, minimumPercent: 5, aggression: 1.5}
            localityLbSetting:
              enabled: true
              failover: [{from: eu, to: us}]
          connectionPool:
            tcp:
              maxConnections: 100
              connectTimeout: 1s
              maxConnectionDuration: 10m
              tcpKeepalive: {probes: 3, time: 1m, interval: 10s}
            http:
              http1MaxPendingRequests: 10
              http2MaxRequests: 1000
              maxRequestsPerConnection: 100
              maxRetries: 3
              idleTimeout: 5m
              maxConcurrentStreams: 50
              http2KeepAlive: {interval: 30s, timeout: 5s}
              h2UpgradePolicy: UPGRADE
          outlierDetection:
            splitExternalLocalOriginErrors: true
            consecutiveLocalOriginFailures: 3
            consecutiveGatewayErrors: 2
            consecutive5xxErrors: 4
            interval: 5s
            baseEjectionTime: 10s
            maxEjectionPercent: 50
            minHealthPercent: 20
            outlierDetectionHttpErrorCodes: [429, 500]
          portLevelSettings:
          - port: {number: 9090}
            loadBalancer:
              consistentHash:
                httpCookie: {name: user, path: /, ttl: 1h}
                ringHash: {minimumRingSize: 2048}
        subsets:
        - name: v2
          labels: {version: v2}
          trafficPolicy:
            loadBalancer:
              consistentHash:
                httpHeaderName: x-user
                maglev: {tableSize: 65537}
      ---
      apiVersion: networking.istio.io/v1
      kind: VirtualService
      metadata: {name: orders, namespace: shop}
      spec:
        hosts: [orders, "*.shop.svc.cluster.local"]
        gateways: [mesh]
        exportTo: [".", web]
        http:
        - name: all
          match:
          - name: one
            uri: {prefix: /a}
            ignoreUriCase: true
            scheme: {exact: http}
            method: {regex: "GET|PUT"}
            authority: {exact: orders}
            headers: {x-a: {exact: b}, x-b: {}}
            withoutHeaders: {x-c: {prefix: d}}
            queryParams: {q: {exact: "1"}}
            port: 80
            sourceLabels: {app: web}
            sourceNamespace: shop
            gateways: [mesh]
          route:
          - destination: {host: orders, subset: v2, port: {number: 80}}
            weight: 90
            headers:
              request: {set: {x-d: "%REQ(x-a)%"}, add: {x-e: f}, remove: [x-g]}
              response: {remove: [x-h]}
          - {destination: {host: orders}, weight: 10}
          rewrite: {authority: inner, uriRegexRewrite: {match: "/v([0-9])", rewrite: '/\\1'}}
          timeout: 0.5s
          retries:
            attempts: 3
            perTryTimeout: 100ms
            retryOn: 5xx,409
            retryRemoteLocalities: true
            retryIgnorePreviousHosts: false
            backoff: 10ms
          fault:
            delay: {fixedDelay: 1s, percentage: {value: 0.1}}
            abort: {grpcStatus: UNAVAILABLE, percentage: {value: 1}}
          mirrors:
          - {destination: {host: orders}, percentage: {value: 5}}
          headers: {response: {set: {x-i: j}}}
        - match: [{uri: {exact: /old}}]
          redirect: {uri: /new, authority: a.b, derivePort: FROM_REQUEST_PORT, scheme: https, redirectCode: 302}
        - match: [{uri: {exact: /no}}]
          directResponse: {status: 404, body: {bytes: bm8=}}
        - delegate: {name: leaf, namespace: other}
      ---
      apiVersion: networking.istio.io/v1beta1
      kind: WorkloadEntry
      metadata: {name: vm-1}
      spec:
        address: 10.0.0.1
        ports: {http: 8080}
        labels: {app: orders}
        locality: eu/a
        weight: 0
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: orders, namespace: shop}
      spec:
        parentRefs:
        - group: ""
          kind: Service
          name: orders
          port: 80
          sectionName: http
        - name: gateway
        hostnames: [shop.example.com]
        rules:
        - name: canary
          matches:
          - path: {type: PathPrefix, value: /v2}
            method: GET
            headers:
            - {type: RegularExpression, name: x-user, value: "a.*b"}
            queryParams:
            - {name: debug, value: "1"}
          - path: {type: RegularExpression, value: "/[a-z]+"}
          filters:
          - type: RequestHeaderModifier
            requestHeaderModifier:
              set: [{name: a, value: b}]
              add: [{name: c, value: d}]
              remove: [e]
          - type: RequestMirror
            requestMirror:
              backendRef: {name: shadow, port: 80}
              fraction: {numerator: 1, denominator: 1000}
          - type: CORS
            cors:
              allowOrigins: ["https://a.b"]
              allowCredentials: true
              allowMethods: [GET]
              allowHeaders: [x-a]
              exposeHeaders: [x-b]
              maxAge: 60
          timeouts: {request: 10s, backendRequest: 1500ms}
          retry: {codes: [500, 503], attempts: 2, backoff: 100ms}
          sessionPersistence:
            type: Cookie
            sessionName: s
            absoluteTimeout: 1h
            idleTimeout: 5m
            cookieConfig: {lifetimeType: Permanent}
          backendRefs:
          - name: v1
            port: 80
            weight: 90
          - name: v2
            namespace: other
            port: 80
            weight: 10
            filters:
            - type: ResponseHeaderModifier
              responseHeaderModifier: {add: [{name: v, value: "2"}]}
        - matches:
          - path: {type: PathPrefix, value: /old}
          filters:
          - type: URLRewrite
            urlRewrite:
              hostname: new.example.com
              path: {type: ReplacePrefixMatch, replacePrefixMatch: /new}
          backendRefs:
          - {name: v1, port: 80}
        - matches:
          - path: {type: Exact, value: /gone}
          filters:
          - type: RequestRedirect
            requestRedirect:
              scheme: https
              hostname: a.b
              port: 443
              statusCode: 301
              path: {type: ReplaceFullPath, replaceFullPath: /here}
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: GRPCRoute
      metadata: {name: inventory, namespace: shop}
      spec:
        parentRefs:
        - {group: core, kind: Service, name: inventory}
        rules:
        - name: read
          matches:
          - method: {type: Exact, service: shop.Inventory, method: Get}
            headers:
            - {name: x-a, value: b}
          - method: {type: RegularExpression, method: "List.*"}
          filters:
          - type: ExtensionRef
            extensionRef: {group: inmesh.io, kind: RoutePolicy, name: p}
          sessionPersistence: {type: Header, sessionName: s}
          backendRefs:
          - {name: inventory, port: 9090}
      ---
      apiVersion: gateway.networking.x-k8s.io/v1alpha1
      kind: XBackendTrafficPolicy
      metadata: {name: orders, namespace: shop}
      spec:
        targetRefs: [{group: "", kind: Service, name: orders}]
        retryConstraint:
          budget: {percent: 10, interval: 20s}
          minRetryRate: {count: 3, interval: 2s}
      ---
      apiVersion: gateway.networking.k8s.io/v1beta1
      kind: ReferenceGrant
      metadata: {name: grant, namespace: other}
      spec:
        from:
        - {group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop}
        to:
        - {group: "", kind: Service, name: v2}
      ---
      apiVersion: inmesh.io/v1alpha1
      kind: MeshDefaults
      metadata: {name: mesh}
      spec:
        trustDomain: example.org
        domainSuffix: svc.example.org
        implicitServices: false
        rootNamespace: mesh-root
        denyByDefault: true
        pathNormalization: BASE
        timeout: 15s
        lease: {grace: 5s, removeAfter: 20s, ttl: 10s, maxTtl: 1m}
        emptySetGuardPercent: 60
        endpointDebounce: {quiet: 20ms, cap: 100ms}
        configDebounce: {quiet: 50ms, cap: 500ms}
        registration:
        - {namespace: shop, service: payments, serviceAccounts: [pay], networks: [10.0.0.0/8]}
        extensionProviders:
        - name: opa
          envoyExtAuthzGrpc:
            service: opa.shop.svc.example.org
            port: 9191
            timeout: 1s
            includeRequestBodyInCheck: {maxRequestBytes: 4096, packAsBytes: true}
        - name: login
          envoyExtAuthzHttp:
            service: shop/login.shop.svc.example.org
            port: 8080
            timeout: 2s
            failOpen: true
            statusOnError: "503"
            pathPrefix: /check
            includeRequestHeadersInCheck: [cookie, x-auth-*]
            includeRequestBodyInCheck: {maxRequestBytes: 4096, allowPartialMessage: true}
            includeAdditionalHeadersInCheck: {x-mesh: shop}
            headersToUpstreamOnAllow: [x-user]
            headersToDownstreamOnAllow: [set-cookie]
            headersToDownstreamOnDeny: [content-type, set-cookie]
        attestation:
          kubernetes: {audience: mesh, namespaces: [shop]}
          oidc:
          - issuer: https://issuer.example
            audiences: [mesh]
            jwksUri: https://issuer.example/keys
            identities:
            - {claims: {repo: a/b}, namespace: shop, serviceAccount: pay}
            - {namespaceClaim: /k/ns, serviceAccountClaim: sa}
      ---
      apiVersion: inmesh.io/v1alpha1
      kind: RoutePolicy
      metadata: {name: p, namespace: shop}
      spec:
        targetRefs:
        - {kind: HTTPRoute, name: orders, sectionName: canary}
        - {group: gateway.networking.k8s.io, kind: GRPCRoute, name: inventory}
        - {kind: Service, name: orders}
        timeout: 3s
        perTryTimeout: 1s
        allowNonIdempotent: true
        retry:
          attempts: 3
          on: [connect-failure, 5xx, unavailable]
          codes: [429]
          backoff: {base: 20ms, max: 1s}
        hedge: {delay: 10ms}
      ---
      apiVersion: security.istio.io/v1
      kind: AuthorizationPolicy
      metadata: {name: orders, namespace: shop, annotations: {istio.io/dry-run: "true"}}
      spec:
        selector: {matchLabels: {app: orders}}
        action: DENY
        rules:
        - from:
          - source:
              principals: [cluster.local/ns/shop/sa/web, "*"]
              notPrincipals: ["*/sa/evil"]
              requestPrincipals: [https://issuer/ann]
              notRequestPrincipals: ["*"]
              namespaces: [shop]
              notNamespaces: [test]
              ipBlocks: [10.0.0.0/8, "::1"]
              notIpBlocks: [10.1.0.0/16]
              remoteIpBlocks: [192.0.2.1]
              notRemoteIpBlocks: [192.0.2.2]
          - source:
              serviceAccounts: [web, shop/cart]
              notServiceAccounts: [x]
              trustDomains: [cluster.local]
              notTrustDomains: [other]
          to:
          - operation:
              hosts: [orders, "*.shop"]
              notHosts: [x]
              ports: ["8080"]
              notPorts: ["9090"]
              methods: [GET]
              notMethods: [PUT]
              paths: [/a, "/b*", "/c/{*}/d/{**}"]
              notPaths: ["*/x"]
          when:
          - {key: "request.headers[tier]", values: [gold], notValues: [red]}
          - {key: "request.auth.claims[a][b]", values: [c]}
      ---
      apiVersion: security.istio.io/v1
      kind: AuthorizationPolicy
      metadata: {name: custom, namespace: shop}
      spec:
        targetRefs: [{group: "", kind: Service, name: orders}]
        action: CUSTOM
        provider: {name: opa}
        rules: [{}]
      ---
      apiVersion: security.istio.io/v1
      kind: PeerAuthentication
      metadata: {name: orders, namespace: shop}
      spec:
        selector: {matchLabels: {app: orders}}
        mtls: {mode: PERMISSIVE}
        portLevelMtls: {"8080": {mode: DISABLE}}
      ---
      apiVersion: security.istio.io/v1
      kind: RequestAuthentication
      metadata: {name: tokens, namespace: shop}
      spec:
        targetRef: {kind: Service, name: orders}
        jwtRules:
        - issuer: https://issuer
          audiences: [orders]
          jwksUri: https://issuer/keys
          fromHeaders: [{name: x-token, prefix: "Bearer "}]
          fromParams: [token]
          fromCookies: [sid]
          outputPayloadToHeader: x-payload
          forwardOriginalToken: true
          outputClaimToHeaders: [{header: x-sub, claim: sub}]
          timeout: 3s
          spaceDelimitedClaims: [roles]
          presence: REQUIRED
        - issuer: other
          jwks: >-
            {"keys":[{"kty":"EC","crv":"P-256",
            "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}
      """;

  private Samples() {}
}
