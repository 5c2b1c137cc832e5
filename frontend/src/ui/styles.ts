// The global styles, in their order: the component library first, so that everything of ours stands after it and wins
// where it is as specific. Imported before anything else of the page.

import '@mantine/core/styles.css';
import './tokens.css';
import './base.css';
import './mantine.css';
