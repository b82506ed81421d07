using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.ConfigEntries;

/// <summary>The fields of all kinds, and an entry of each kind in which every one is set.</summary>
internal static class ConfigSchemas
{
    /// <summary>One field.</summary>
    /// <param name="Kind">Whose it is.</param>
    /// <param name="Path">The names; <c>*</c> for a free key.</param>
    /// <param name="Type">What it holds.</param>
    public sealed record Field(string Kind, string Path, ConfigType Type)
    {
        public string FullPath => $"{Kind}.{Path}";

        /// <summary>Not for what is taken and forgotten.</summary>
        public bool IsShown => Type is not (IgnoredType or FixedTextType);
    }

    /// <summary>Those that hold a value of their own.</summary>
    public static IEnumerable<Field> All() => ConfigEntryKinds.All.SelectMany(kind => Of(kind.Name, kind.Schema, string.Empty))
        .Where(field => field.Type is not (ObjectType or ListType or MapType));

    /// <summary>Lists and maps.</summary>
    public static IEnumerable<Field> Containers() => ConfigEntryKinds.All.SelectMany(kind => Of(kind.Name, kind.Schema, string.Empty))
        .Where(field => field.Type is ListType or MapType);

    public static TheoryData<string, string, string> FullEntries() => new()
    {
        {
            "service-defaults", "web", """
            {"Kind":"service-defaults","Name":"web","Protocol":"http","Mode":"transparent","TransparentProxy":{"OutboundListenerPort":808,"DialedDirectly":true},
             "MeshGateway":{"Mode":"remote"},"Expose":{"Checks":true,"Paths":[{"ListenerPort":8080,"Path":"/p","LocalPathPort":21500,"Protocol":"http2","ParsedFromCheck":true}]},
             "ExternalSNI":"foo","UpstreamConfig":{"Overrides":[{"Name":"db","EnvoyListenerJSON":"{}","EnvoyClusterJSON":"{\"a\":1}","Protocol":"tcp","ConnectTimeoutMs":9,
               "Limits":{"MaxConnections":1,"MaxPendingRequests":0,"MaxConcurrentRequests":3},"PassiveHealthCheck":{"Interval":2000000000,"MaxFailures":4},"MeshGateway":{"Mode":"local"}}],
              "Defaults":{"EnvoyListenerJSON":"x","EnvoyClusterJSON":"y","Protocol":"http","ConnectTimeoutMs":5,
               "Limits":{"MaxConnections":1,"MaxPendingRequests":2,"MaxConcurrentRequests":3},"PassiveHealthCheck":{"Interval":1,"MaxFailures":4},"MeshGateway":{"Mode":"none"}}},
             "Meta":{"a":"b"}}
            """
        },
        {
            "proxy-defaults", "global", """
            {"Kind":"proxy-defaults","Name":"global","Config":{"a":[1.5,{"b":null}],"protocol":"http"},"Mode":"direct","TransparentProxy":{"OutboundListenerPort":1,"DialedDirectly":true},
             "MeshGateway":{"Mode":"local"},"Expose":{"Checks":true,"Paths":[{"ListenerPort":1,"Path":"/","LocalPathPort":2,"Protocol":"http","ParsedFromCheck":true}]},"Meta":{"a":"b"}}
            """
        },
        { "mesh", "mesh", """{"Kind":"mesh","TransparentProxy":{"MeshDestinationsOnly":true},"Meta":{"a":"b"}}""" },
        {
            "service-resolver", "web", """
            {"ConnectTimeout":"1m30s","Kind":"service-resolver","Name":"web","DefaultSubset":"v1","Subsets":{"v1":{"Filter":"Service.Meta.v == 1","OnlyPassing":true}},
             "Failover":{"*":{"Service":"db","ServiceSubset":"s","Namespace":"default","Datacenters":["dc2","dc3"]}},
             "LoadBalancer":{"Policy":"ring_hash","RingHashConfig":{"MinimumRingSize":3,"MaximumRingSize":18446744073709551615},
              "HashPolicies":[{"Field":"cookie","FieldValue":"c","CookieConfig":{"TTL":5000000001,"Path":"/p"}},{"Field":"cookie","FieldValue":"d","CookieConfig":{"Session":true}},
               {"SourceIP":true,"Terminal":true}]},"Meta":{"a":"b"}}
            """
        },
        {
            "service-resolver", "web", """
            {"Kind":"service-resolver","Name":"web","Redirect":{"Service":"db","ServiceSubset":"s","Namespace":"default","Datacenter":"dc2"},
             "LoadBalancer":{"Policy":"least_request","LeastRequestConfig":{"ChoiceCount":10}}}
            """
        },
        {
            "service-intentions", "db", """
            {"Kind":"service-intentions","Name":"db","Sources":[{"Name":"web","Permissions":[{"Action":"allow","HTTP":{"PathExact":"/e",
              "Header":[{"Name":"a","Present":true,"Invert":true},{"Name":"b","Exact":"x"},{"Name":"c","Prefix":"x"},{"Name":"d","Suffix":"x"},{"Name":"e","Regex":"x"}],"Methods":["GET"]},
              "JWT":{"Providers":[{"Name":"p","VerifyClaims":[{"Path":["a","b"],"Value":"v"}]}]}},{"Action":"deny","HTTP":{"PathPrefix":"/p"}},{"Action":"deny","HTTP":{"PathRegex":"/r"}}],
              "Precedence":9,"Type":"consul","Description":"d"},{"Name":"api","Action":"deny","Precedence":9,"Type":"consul","Peer":"cluster-02"}],
             "JWT":{"Providers":[{"Name":"p","VerifyClaims":[{"Path":["a"],"Value":"v"}]}]},"Meta":{"a":"b"}}
            """
        },
        {
            "service-router", "web", """
            {"Kind":"service-router","Name":"web","Routes":[{"Match":{"HTTP":{"PathExact":"/e","Header":[{"Name":"a","Present":true,"Invert":true},{"Name":"b","Exact":"x"},
              {"Name":"c","Prefix":"x"},{"Name":"d","Suffix":"x"},{"Name":"e","Regex":"x"}],
              "QueryParam":[{"Name":"a","Present":true},{"Name":"b","Exact":"x"},{"Name":"c","Regex":"x"}],"Methods":["GET","PUT"]}},
              "Destination":{"Service":"admin","ServiceSubset":"s","Namespace":"default","PrefixRewrite":"/r","RequestTimeout":"10s","NumRetries":4294967295,
               "RetryOnConnectFailure":true,"RetryOnStatusCodes":[503,0]}},
              {"Match":{"HTTP":{"PathPrefix":"/p"}}},{"Match":{"HTTP":{"PathRegex":"/r"}}}],"Meta":{"a":"b"}}
            """
        },
        {
            "service-splitter", "web", """
            {"Kind":"service-splitter","Name":"web","Splits":[{"Weight":99.5,"Service":"admin","ServiceSubset":"s","Namespace":"default"},{"Weight":0.5}],"Meta":{"a":"b"}}
            """
        },
        {
            "ingress-gateway", "gw", """
            {"Kind":"ingress-gateway","Name":"gw","TLS":{"Enabled":true},"Listeners":[{"Port":8080,"Protocol":"http","Services":[{"Name":"web","Hosts":["a.example","*.b.example"],
              "Namespace":"default","Meta":{"x":"y"},"RequestHeaders":{"Add":{"a":"1"},"Set":{"b":"2"},"Remove":["c"]},"ResponseHeaders":{"Add":{"a":"1"},"Set":{"b":"2"},"Remove":["c"]}},
              {"Name":"*"}]}],"Meta":{"a":"b"}}
            """
        },
        {
            "terminating-gateway", "gw", """
            {"Kind":"terminating-gateway","Name":"gw","Services":[{"Name":"a","CAFile":"/ca","CertFile":"/cert","KeyFile":"/key","SNI":"s","Namespace":"default"},{"Name":"b","CAFile":"/ca"}],
             "Meta":{"a":"b"}}
            """
        },
    };

    private static IEnumerable<Field> Of(string kind, ConfigType type, string path) => type switch
    {
        ObjectType map => map.Fields.SelectMany(field => Of(kind, field.Type, path.Length == 0 ? field.Name : $"{path}.{field.Name}")),
        ListType list => Of(kind, list.Element, path).Prepend(new Field(kind, path, type)),
        MapType map => Of(kind, map.Element, path + ".*").Prepend(new Field(kind, path, type)),
        _ => [new Field(kind, path, type)],
    };
}
