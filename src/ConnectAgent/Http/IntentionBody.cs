using ConnectAgent.Protocol.Intentions;

namespace ConnectAgent.Http;

/// <summary>The body of an intention write (intentions IXN-10, IXN-11): read-only fields are checked for type and dropped.</summary>
internal sealed record IntentionBody
{
    public string Description { get; private set; } = string.Empty;

    public string SourceType { get; private set; } = string.Empty;

    public string Action { get; private set; } = string.Empty;

    /// <summary>Only so that it can be refused (IXN-16).</summary>
    public string SourcePeer { get; private set; } = string.Empty;

    public List<IntentionPermission> Permissions { get; private set; } = [];

    public Dictionary<string, string> Meta { get; private set; } = [];

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
        if (json.Is("Description"))
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
        else if (json.Is("ID") || json.Is("SourceNS") || json.Is("SourceName") || json.Is("DestinationNS") || json.Is("DestinationName")
            || json.Is("CreatedAt") || json.Is("UpdatedAt") || json.Is("Hash") || json.Is("DefaultAddr")
            || json.Is("SourcePartition") || json.Is("DestinationPartition") || json.Is("SourceSamenessGroup"))
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
                        json.Ignore();
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
