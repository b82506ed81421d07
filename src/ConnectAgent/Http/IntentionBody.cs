using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.Protocol.Intentions;

namespace ConnectAgent.Http;

/// <summary>The body of an intention write (intentions IXN-10, IXN-11): read-only fields are checked for type and dropped.</summary>
internal sealed record IntentionBody
{
    /// <summary>Only so that a new intention can refuse it (CRUD-2).</summary>
    public string Id { get; private set; } = string.Empty;

    public string Description { get; private set; } = string.Empty;

    public string SourceNamespace { get; private set; } = string.Empty;

    public string SourceName { get; private set; } = string.Empty;

    public string DestinationNamespace { get; private set; } = string.Empty;

    public string DestinationName { get; private set; } = string.Empty;

    public string SourcePartition { get; private set; } = string.Empty;

    public string DestinationPartition { get; private set; } = string.Empty;

    public string SourceType { get; private set; } = string.Empty;

    public string Action { get; private set; } = string.Empty;

    /// <summary>Only so that it can be refused (IXN-16).</summary>
    public string SourcePeer { get; private set; } = string.Empty;

    public List<IntentionPermission> Permissions { get; private set; } = [];

    public Dictionary<string, string> Meta { get; private set; } = [];

    /// <summary>What a write makes of it (CE-6); the name may come from elsewhere.</summary>
    /// <param name="name">Of the source.</param>
    public IntentionSource ToSource(string name) => new(name)
    {
        Action = Action.Length > 0 ? Action : null,
        Permissions = Permissions.Count > 0 ? Permissions : null,
        Type = SourceType.Length > 0 ? SourceType : "consul",
        Description = Description.Length > 0 ? Description : null,
    };

    public static IntentionBody Read(ref GoJsonReader json)
    {
        var body = new IntentionBody();
        if (json.BeginDocument("struct { Hash string; CreatedAt string; UpdatedAt string; *structs.Alias }", out var isNull))
        {
            while (json.NextField())
            {
                body.ReadField(ref json);
            }
        }

        json.End();

        // DEF-1: a null body crashes the reference; it is as good as an empty one.
        return isNull ? throw new GoJsonException("EOF") : body;
    }

    private void ReadField(ref GoJsonReader json)
    {
        if (json.Is("ID"))
        {
            Id = json.String(".ID") ?? Id;
        }
        else if (json.Is("SourceNS"))
        {
            SourceNamespace = json.String(".SourceNS") ?? SourceNamespace;
        }
        else if (json.Is("SourceName"))
        {
            SourceName = json.String(".SourceName") ?? SourceName;
        }
        else if (json.Is("DestinationNS"))
        {
            DestinationNamespace = json.String(".DestinationNS") ?? DestinationNamespace;
        }
        else if (json.Is("DestinationName"))
        {
            DestinationName = json.String(".DestinationName") ?? DestinationName;
        }
        else if (json.Is("SourcePartition"))
        {
            SourcePartition = json.String(".SourcePartition") ?? SourcePartition;
        }
        else if (json.Is("DestinationPartition"))
        {
            DestinationPartition = json.String(".DestinationPartition") ?? DestinationPartition;
        }
        else if (json.Is("Description"))
        {
            Description = json.String(".Description") ?? Description;
        }
        else if (json.Is("SourceType"))
        {
            SourceType = json.String(".SourceType") ?? SourceType;
        }
        else if (json.Is("Action"))
        {
            Action = json.String(".Action") ?? Action;
        }
        else if (json.Is("Permissions"))
        {
            Permissions = ReadPermissions(ref json);
        }
        else if (json.Is("Meta"))
        {
            Meta = json.Map(".Meta") ?? [];
        }
        else if (json.Is("SourcePeer"))
        {
            SourcePeer = json.String(".SourcePeer") ?? SourcePeer;
        }
        else if (json.Is("JWT"))
        {
            json.Ignore();
        }
        else if (json.Is("Precedence") || json.Is("CreateIndex") || json.Is("ModifyIndex") || json.Is("DefaultPort"))
        {
            json.IgnoreInteger("." + json.Name);
        }
        else if (json.Is("CreatedAt") || json.Is("UpdatedAt") || json.Is("Hash") || json.Is("DefaultAddr") || json.Is("SourceSamenessGroup"))
        {
            json.String("." + json.Name);
        }
        else
        {
            json.Unknown();
        }
    }

    private static List<IntentionPermission> ReadPermissions(ref GoJsonReader json)
    {
        List<IntentionPermission> permissions = [];
        if (!json.BeginArray(".Permissions"))
        {
            return permissions;
        }

        while (json.NextElement())
        {
            RefuseNull(ref json);
            var permission = new IntentionPermission { Action = string.Empty };
            if (json.BeginObject("structs.IntentionPermission"))
            {
                while (json.NextField())
                {
                    if (json.Is("Action"))
                    {
                        permission = permission with { Action = json.String("IntentionPermission.Action") ?? string.Empty };
                    }
                    else if (json.Is("HTTP"))
                    {
                        permission = permission with { Http = ReadHttp(ref json) };
                    }
                    else if (json.Is("JWT"))
                    {
                        permission = permission with { Jwt = ReadJwt(ref json) };
                    }
                    else
                    {
                        json.Unknown();
                    }
                }
            }

            permissions.Add(permission);
        }

        return permissions;
    }

    private static HttpCondition? ReadHttp(ref GoJsonReader json)
    {
        const string Type = "IntentionHTTPPermission";
        if (!json.BeginObject(Type))
        {
            return null;
        }

        var http = new HttpCondition();
        while (json.NextField())
        {
            if (json.Is("PathExact"))
            {
                http = http with { PathExact = NotEmpty(json.String(Type + ".PathExact")) };
            }
            else if (json.Is("PathPrefix"))
            {
                http = http with { PathPrefix = NotEmpty(json.String(Type + ".PathPrefix")) };
            }
            else if (json.Is("PathRegex"))
            {
                http = http with { PathRegex = NotEmpty(json.String(Type + ".PathRegex")) };
            }
            else if (json.Is("Methods"))
            {
                http = http with { Methods = ReadMethods(ref json) };
            }
            else if (json.Is("Header"))
            {
                http = http with { Headers = ReadHeaders(ref json) };
            }
            else
            {
                json.Unknown();
            }
        }

        return http;
    }

    private static List<string>? ReadMethods(ref GoJsonReader json)
    {
        List<string> methods = [];
        if (json.BeginArray("IntentionHTTPPermission.Methods"))
        {
            while (json.NextElement())
            {
                methods.Add(json.String("IntentionHTTPPermission.Methods") ?? string.Empty);
            }
        }

        return methods.Count == 0 ? null : methods;
    }

    private static List<HeaderCondition>? ReadHeaders(ref GoJsonReader json)
    {
        const string Type = "IntentionHTTPHeaderPermission";
        List<HeaderCondition> headers = [];
        if (!json.BeginArray("IntentionHTTPPermission.Header"))
        {
            return null;
        }

        while (json.NextElement())
        {
            var header = new HeaderCondition { Name = string.Empty };
            if (json.BeginObject("structs." + Type))
            {
                while (json.NextField())
                {
                    header = json.Name.ToUpperInvariant() switch
                    {
                        "NAME" => header with { Name = json.String(Type + ".Name") ?? string.Empty },
                        "PRESENT" => header with { Present = json.Boolean(Type + ".Present") ?? false },
                        "EXACT" => header with { Exact = NotEmpty(json.String(Type + ".Exact")) },
                        "PREFIX" => header with { Prefix = NotEmpty(json.String(Type + ".Prefix")) },
                        "SUFFIX" => header with { Suffix = NotEmpty(json.String(Type + ".Suffix")) },
                        "REGEX" => header with { Regex = NotEmpty(json.String(Type + ".Regex")) },
                        "INVERT" => header with { Invert = json.Boolean(Type + ".Invert") ?? false },
                        _ => Unknown(ref json, header),
                    };
                }
            }

            headers.Add(header);
        }

        return headers.Count == 0 ? null : headers;
    }

    private static JwtRequirement? ReadJwt(ref GoJsonReader json)
    {
        if (!json.BeginObject("IntentionJWTRequirement"))
        {
            return null;
        }

        List<JwtProvider> providers = [];
        while (json.NextField())
        {
            if (!json.Is("Providers"))
            {
                json.Unknown();
            }
            else if (json.BeginArray("IntentionJWTRequirement.Providers"))
            {
                while (json.NextElement())
                {
                    RefuseNull(ref json);
                    providers.Add(ReadProvider(ref json));
                }
            }
        }

        return new JwtRequirement(providers.Count == 0 ? null : providers);
    }

    private static JwtProvider ReadProvider(ref GoJsonReader json)
    {
        var name = string.Empty;
        List<JwtClaim> claims = [];
        if (json.BeginObject("structs.IntentionJWTProvider"))
        {
            while (json.NextField())
            {
                if (json.Is("Name"))
                {
                    name = json.String("IntentionJWTProvider.Name") ?? name;
                }
                else if (!json.Is("VerifyClaims"))
                {
                    json.Unknown();
                }
                else if (json.BeginArray("IntentionJWTProvider.VerifyClaims"))
                {
                    while (json.NextElement())
                    {
                        RefuseNull(ref json);
                        claims.Add(ReadClaim(ref json));
                    }
                }
            }
        }

        return new JwtProvider(name, claims.Count == 0 ? null : claims);
    }

    private static JwtClaim ReadClaim(ref GoJsonReader json)
    {
        List<string> path = [];
        string? value = null;
        if (json.BeginObject("structs.IntentionJWTClaimVerification"))
        {
            while (json.NextField())
            {
                if (json.Is("Value"))
                {
                    value = NotEmpty(json.String("IntentionJWTClaimVerification.Value"));
                }
                else if (!json.Is("Path"))
                {
                    json.Unknown();
                }
                else if (json.BeginArray("IntentionJWTClaimVerification.Path"))
                {
                    while (json.NextElement())
                    {
                        path.Add(json.String("IntentionJWTClaimVerification.Path") ?? string.Empty);
                    }
                }
            }
        }

        return new JwtClaim(path.Count == 0 ? null : path, value);
    }

    private static HeaderCondition Unknown(ref GoJsonReader json, HeaderCondition header)
    {
        json.Unknown();
        return header;
    }

    // DEF-1: a null element crashes the reference.
    private static void RefuseNull(ref GoJsonReader json)
    {
        if (json.IsNull)
        {
            throw new GoJsonException("EOF");
        }
    }

    private static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
