namespace ConnectAgent;

/// <summary>What the product calls itself.</summary>
internal static class ProductVersion
{
    /// <summary>The version whose wire the product serves; clients look at it to know what they may ask for.</summary>
    public const string Api = "1.10.12";

    public const string BuildDate = "1970-01-01T00:00:01Z";

    public const string Revision = "connect-agent";

    /// <summary>The product's own version.</summary>
    public static string Own { get; } = typeof(ProductVersion).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";
}
