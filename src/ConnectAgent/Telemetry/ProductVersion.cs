namespace ConnectAgent.Telemetry;

/// <summary>What the product calls itself.</summary>
internal static class ProductVersion
{
    /// <summary>The product's own version.</summary>
    public static string Own { get; } = typeof(ProductVersion).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";
}
