using Microsoft.Extensions.Logging;

namespace ConnectAgent.ControlPlane.Catalog;

// Event ids 2800-2899.
internal static partial class CatalogLog
{
    [LoggerMessage(2801, LogLevel.Warning, "A check was registered in the catalog with a status that counts as not passing and has no meaning: check={CheckId} node={Node} status={Status}")]
    public static partial void OddStatus(this ILogger logger, string checkId, string node, string status);
}
