namespace ConnectAgent.Protocol.Hcl;

/// <summary>A place in a text, counted from 1; JSON knows none.</summary>
public readonly record struct HclPosition(int Line, int Column)
{
    /// <summary>No place.</summary>
    public static HclPosition Unknown => default;

    /// <inheritdoc/>
    public override string ToString() => Line == 0 ? "-" : $"{Line}:{Column}";
}

/// <summary>A value of the configuration language.</summary>
public abstract record HclNode(HclPosition At);

/// <summary>A text, or a number as it is written.</summary>
public sealed record HclText(HclPosition At, string Text, bool IsNumber = false) : HclNode(At);

/// <summary>True or false.</summary>
public sealed record HclBoolean(HclPosition At, bool Value) : HclNode(At);

/// <summary>A list.</summary>
public sealed record HclList(HclPosition At, IReadOnlyList<HclNode> Items) : HclNode(At);

/// <summary>An object: its items in order, keys may repeat.</summary>
public sealed record HclObject(HclPosition At, IReadOnlyList<HclItem> Items) : HclNode(At);

/// <summary>One item of an object: <c>service "web" { … }</c> has two keys, an assignment has one.</summary>
public sealed record HclItem(HclPosition At, IReadOnlyList<string> Keys, HclNode Value);

/// <summary>A text that cannot be read, with the place and the reference's words.</summary>
public sealed class HclException(HclPosition at, string text, string? limit = null) : Exception($"At {at}: {text}")
{
    /// <summary>The name of the bound that refused (docs/limits.md); null when it was none.</summary>
    public string? Limit => limit;
}
