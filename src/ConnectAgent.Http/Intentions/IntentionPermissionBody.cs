using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Intentions;

namespace ConnectAgent.Http.Intentions;

/// <summary>The permissions in the body of an intention write (intentions CE-3).</summary>
internal static class IntentionPermissionBody
{
    public static List<IntentionPermission> Read(ref GoJsonReader json)
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
