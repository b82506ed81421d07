using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Intentions;

namespace ConnectAgent.Http.Intentions;

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
            Permissions = IntentionPermissionBody.Read(ref json);
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
}
